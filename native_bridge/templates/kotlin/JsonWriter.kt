@HEADER@
package tidegate.bridge.core

import java.math.BigDecimal
import java.math.MathContext
import java.math.RoundingMode

/** Writes JSON in the form that ECMAScript gives it, so that every host of the bridge writes the same text. */
public fun writeJson(value: Json): String = Writer(inert = false).written(value)

/** Writes JSON that stays inert wherever it is pasted: no `<`, no U+2028, no U+2029. */
public fun writeInertJson(value: Json): String = Writer(inert = true).written(value)

/** Counts a text's bytes in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
public fun utf8Length(text: String): Int {
    var bytes = 0
    var index = 0
    while (index < text.length) {
        val pair = text.hasPairAt(index)
        bytes += when {
            pair -> 4
            text[index] < '\u0080' -> 1
            text[index] < '\u0800' -> 2
            else -> 3
        }
        index += if (pair) 2 else 1
    }
    return bytes
}

private class Writer(private val inert: Boolean) {
    private val out = StringBuilder()

    fun written(value: Json): String {
        write(value)
        return out.toString()
    }

    private fun write(value: Json) {
        when (value) {
            is JsonObject -> list(value.members.entries, '{', '}') { (name, member) ->
                text(name)
                out.append(':')
                write(member)
            }
            is JsonArray -> list(value.items, '[', ']', ::write)
            is JsonText -> text(value.value)
            is JsonNumber -> out.append(numberText(value))
            is JsonBool -> out.append(value.value)
            JsonNull -> out.append("null")
        }
    }

    private inline fun <T> list(items: Collection<T>, opening: Char, closing: Char, write: (T) -> Unit) {
        out.append(opening)
        var first = true
        for (item in items) {
            if (!first) out.append(',')
            first = false
            write(item)
        }
        out.append(closing)
    }

    private fun text(text: String) {
        out.append('"')
        var done = 0
        var index = 0
        while (index < text.length) {
            val one = text[index]
            if (text.hasPairAt(index)) {
                index += 1
            } else if (escapes(one)) {
                out.append(text, done, index).append(escaped(one))
                done = index + 1
            }
            index += 1
        }
        out.append(text, done, text.length).append('"')
    }

    private fun escapes(one: Char): Boolean =
        one < ' ' || one == '"' || one == '\\' || one.isSurrogate() || inert && (one == '<' || one == '\u2028' || one == '\u2029')

    private fun escaped(one: Char): String = when (one) {
        '"' -> "\\\""
        '\\' -> "\\\\"
        '\b' -> "\\b"
        '\t' -> "\\t"
        '\n' -> "\\n"
        '\u000C' -> "\\f"
        '\r' -> "\\r"
        else -> "\\u" + one.code.toString(16).padStart(4, '0')
    }
}

private const val MOST_DIGITS = 17

private fun numberText(number: JsonNumber): String {
    val value = number.value
    val whole = number.whole
    return when {
        whole != null -> whole.toString()
        value.isNaN() || value.isInfinite() -> "null"
        else -> laidOut(shortest(value).stripTrailingZeros())
    }
}

/** Finds the fewest digits that read back as the same number, and of those the nearest. */
private fun shortest(value: Double): BigDecimal {
    val exact = BigDecimal(value)
    for (digits in 1 until MOST_DIGITS) {
        val near = listOf(RoundingMode.DOWN, RoundingMode.UP)
            .map { exact.round(MathContext(digits, it)) }
            .sortedBy { (it - exact).abs() }
            .firstOrNull { it.toDouble() == value }
        if (near != null) return near
    }
    return exact.round(MathContext(MOST_DIGITS, RoundingMode.HALF_EVEN))
}

private fun laidOut(value: BigDecimal): String {
    val sign = if (value.signum() < 0) "-" else ""
    val digits = value.unscaledValue().abs().toString()
    val point = digits.length - value.scale()
    return sign + when {
        point > 21 || point <= -6 -> {
            val rest = if (digits.length > 1) "." + digits.drop(1) else ""
            "${digits[0]}${rest}e${if (point > 0) "+" else "-"}${Math.abs(point - 1)}"
        }
        point <= 0 -> "0." + "0".repeat(-point) + digits
        point >= digits.length -> digits + "0".repeat(point - digits.length)
        else -> digits.take(point) + "." + digits.drop(point)
    }
}
