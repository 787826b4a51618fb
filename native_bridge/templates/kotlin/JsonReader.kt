@HEADER@
package tidegate.bridge.core

/** Says that a text is not the JSON that this reader takes. */
public class JsonException internal constructor(message: String, at: Int) : Exception("$message at $at")

/**
 * Reads a foreign text and refuses what two readers could understand differently: duplicate keys, `__proto__` as a key,
 * numbers beyond 2^53-1 or without end, lone surrogates, nesting deeper than the limit, anything after the value.
 *
 * @throws JsonException when it is not strict JSON
 */
@Throws(JsonException::class)
public fun readStrictJson(text: String, maxDepth: Int): Json = Reader(text, maxDepth, strict = true).whole()

/**
 * Reads a text of the host's own, such as a verified manifest: any number and any string that JSON can write.
 *
 * @throws JsonException when it is not JSON or nests deeper than the limit
 */
@Throws(JsonException::class)
public fun readTrustedJson(text: String, maxDepth: Int): Json = Reader(text, maxDepth, strict = false).whole()

private class Reader(private val text: String, private val maxDepth: Int, private val strict: Boolean) {
    private var at = 0

    /** The character here; NUL, which JSON has nowhere, after the end. */
    private val here: Char
        get() = if (at < text.length) text[at] else '\u0000'

    fun whole(): Json {
        val value = value(0)
        skipSpace()
        if (at < text.length) fail("something after the value")
        return value
    }

    private fun fail(message: String): Nothing = throw JsonException(message, at)

    private fun skipSpace() {
        while (here == ' ' || here == '\t' || here == '\n' || here == '\r') at += 1
    }

    private fun peek(): Char {
        skipSpace()
        return here
    }

    private fun value(depth: Int): Json = when (peek()) {
        '{' -> entered(depth + 1) { members(depth + 1) }
        '[' -> entered(depth + 1) { items(depth + 1) }
        '"' -> JsonText(string())
        't' -> word("true", JsonBool(true))
        'f' -> word("false", JsonBool(false))
        'n' -> word("null", JsonNull)
        else -> number()
    }

    private fun word(word: String, value: Json): Json {
        if (!text.startsWith(word, at)) fail("no JSON value")
        at += word.length
        return value
    }

    private inline fun <T> entered(depth: Int, read: () -> T): T {
        if (depth > maxDepth) fail("deeper than $maxDepth")
        at += 1
        return read()
    }

    private fun items(depth: Int): JsonArray {
        val items = ArrayList<Json>()
        if (closes(']')) return JsonArray(items)
        do items.add(value(depth)) while (more(']'))
        return JsonArray(items)
    }

    private fun members(depth: Int): JsonObject {
        val members = LinkedHashMap<String, Json>()
        if (closes('}')) return JsonObject(members)
        do {
            val key = key(members)
            members[key] = value(depth)
        } while (more('}'))
        return JsonObject(members)
    }

    private fun closes(mark: Char): Boolean {
        val closed = peek() == mark
        if (closed) at += 1
        return closed
    }

    private fun more(closing: Char): Boolean {
        val next = peek()
        if (next != closing && next != ',') fail("neither , nor $closing")
        at += 1
        return next == ','
    }

    private fun key(members: Map<String, Json>): String {
        if (peek() != '"') fail("a key that is no string")
        val key = string()
        if (strict && key == "__proto__") fail("the key __proto__")
        if (key in members) fail("a key given twice")
        if (peek() != ':') fail("no colon after a key")
        at += 1
        return key
    }

    private fun string(): String {
        at += 1
        val start = at
        skipPlain()
        val value = if (here == '"') text.substring(start, at) else escaped(start)
        at += 1
        if (strict && hasLoneSurrogate(value)) fail("a lone surrogate")
        return value
    }

    private fun skipPlain() {
        while (here >= ' ' && here != '"' && here != '\\') at += 1
    }

    private fun escaped(start: Int): String {
        val value = StringBuilder().append(text, start, at)
        while (here != '"') {
            if (here != '\\') fail("a broken string")
            at += 1
            value.append(escape())
            val plain = at
            skipPlain()
            value.append(text, plain, at)
        }
        return value.toString()
    }

    private fun escape(): Char {
        val letter = here
        at += 1
        return when (letter) {
            '"', '\\', '/' -> letter
            'b' -> '\b'
            'f' -> '\u000C'
            'n' -> '\n'
            'r' -> '\r'
            't' -> '\t'
            'u' -> unicode()
            else -> fail("a broken string")
        }
    }

    private fun unicode(): Char {
        var code = 0
        repeat(4) {
            val digit = "0123456789abcdef".indexOf(here.asciiSmall())
            if (digit < 0) fail("a broken string")
            code = code * 16 + digit
            at += 1
        }
        return code.toChar()
    }

    private fun Char.asciiSmall(): Char = if (this in 'A'..'F') this + ('a' - 'A') else this

    private fun number(): Json {
        val start = at
        if (here == '-') at += 1
        if (here == '0') at += 1 else digits()
        val wholeEnd = at
        if (here == '.') {
            at += 1
            digits()
        }
        if (here == 'e' || here == 'E') {
            at += 1
            if (here == '+' || here == '-') at += 1
            digits()
        }
        val raw = text.substring(start, at)
        val short = at == wholeEnd && raw.length <= SHORT && raw[0] != '-'
        return JsonNumber(if (short) raw.toLong().toDouble() else bounded(raw.toDouble()))
    }

    private fun digits() {
        val start = at
        while (here in '0'..'9') at += 1
        if (at == start) fail("no JSON value")
    }

    private fun bounded(value: Double): Double {
        if (value.isInfinite()) fail("a number without end")
        if (strict && Math.abs(value) > MOST_WHOLE) fail("a number beyond 2^53-1")
        return value
    }

    private companion object {
        const val SHORT = 15
    }
}

/** Tells whether a pair of surrogates, which is one character, begins at an index. */
internal fun String.hasPairAt(index: Int): Boolean =
    this[index].isHighSurrogate() && index + 1 < length && this[index + 1].isLowSurrogate()

private fun hasLoneSurrogate(text: String): Boolean {
    var index = 0
    while (index < text.length) {
        when {
            !text[index].isSurrogate() -> index += 1
            text.hasPairAt(index) -> index += 2
            else -> return true
        }
    }
    return false
}
