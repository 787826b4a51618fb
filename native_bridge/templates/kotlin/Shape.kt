@HEADER@
package tidegate.bridge.core

/** Says that a value does not have the shape of the contract; [path] tells where, and is empty for the value itself. */
public class ShapeException internal constructor(public val path: String, message: String) :
    Exception("${path.ifEmpty { "value" }}: $message")

/**
 * Holds values against one type of the contract and gives clean copies.
 *
 * Inputs are read strictly: an undeclared member is refused. Outputs are cut: an undeclared member never leaves the host.
 */
public abstract class Shape internal constructor() {
    /** Reads what a page sent and gives a copy that holds only what the type declares. */
    @Throws(ShapeException::class)
    public fun input(value: Json): Json = read(value, "", strict = true)

    /** Cuts what the host would send to the type. */
    @Throws(ShapeException::class)
    public fun output(value: Json): Json = read(value, "", strict = false)

    internal abstract fun read(value: Json, path: String, strict: Boolean): Json
}

internal data class Field(val name: String, val of: Shape, val optional: Boolean = false, val nullable: Boolean = false)

internal class RecordShape(vararg fields: Field) : Shape() {
    private val fields = fields.associateBy { it.name }

    override fun read(value: Json, path: String, strict: Boolean): JsonObject = JsonObject(members(value, path, strict, ""))

    fun members(value: Json, path: String, strict: Boolean, also: String): Map<String, Json> {
        val given = value.asObject(path).members
        val copy = LinkedHashMap<String, Json>()
        for (field in fields.values) {
            val member = given[field.name]
            val at = within(path, field.name)
            when {
                member == null -> expect(field.optional, at) { "is missing" }
                member == JsonNull && field.nullable -> copy[field.name] = JsonNull
                else -> copy[field.name] = field.of.read(member, at, strict)
            }
        }
        val extra = if (strict) given.keys.firstOrNull { it != also && it !in fields } else null
        if (extra != null) throw ShapeException(within(path, extra), "is not declared")
        return copy
    }

    private fun within(path: String, name: String) = if (path.isEmpty()) name else "$path.$name"
}

internal class UnionShape(private val tag: String, private val cases: Map<String, RecordShape>) : Shape() {
    override fun read(value: Json, path: String, strict: Boolean): JsonObject {
        val chosen = value.asObject(path).text(tag)
        val record = cases[chosen] ?: throw ShapeException(path, "no known $tag")
        return JsonObject(mapOf(tag to json(chosen)) + record.members(value, path, strict, tag))
    }
}

internal class ListShape(private val of: Shape, private val sizes: LongRange) : Shape() {
    override fun read(value: Json, path: String, strict: Boolean): JsonArray {
        val items = (value as? JsonArray)?.items ?: throw ShapeException(path, "not a list")
        bounded(items.size.toLong(), sizes, path, "items")
        return JsonArray(items.mapIndexed { index, item -> of.read(item, "$path[$index]", strict) })
    }
}

internal class MapShape(private val of: Shape, keyPattern: String?, private val sizes: LongRange) : Shape() {
    private val keys = keyPattern?.let(::Regex)

    override fun read(value: Json, path: String, strict: Boolean): JsonObject {
        val members = value.asObject(path).members
        bounded(members.size.toLong(), sizes, path, "entries")
        return JsonObject(
            members.mapValues { (key, item) ->
                expect(keys == null || keys.matches(key), path) { "a key does not have the form of the contract" }
                of.read(item, "$path.$key", strict)
            },
        )
    }
}

internal class ChoiceShape(private val open: Boolean, private vararg val values: String) : Shape() {
    override fun read(value: Json, path: String, strict: Boolean): Json {
        val text = value.textOrNull
        val known = text != null && (text in values || open && OPEN_VALUE.matches(text))
        expect(known, path) { "not one of ${values.joinToString()}" }
        return value
    }

    private companion object {
        val OPEN_VALUE = Regex("[A-Za-z][A-Za-z0-9_-]{0,39}")
    }
}

internal class TextShape(private val sizes: LongRange = ANY, pattern: String? = null) : Shape() {
    private val form = pattern?.let(::Regex)

    override fun read(value: Json, path: String, strict: Boolean): Json {
        val text = value.textOrNull ?: throw ShapeException(path, "not a string")
        bounded(text.codePointCount(0, text.length).toLong(), sizes, path, "characters")
        expect(form == null || form.matches(text), path) { "does not have the form of the contract" }
        return value
    }
}

internal class WholeShape(private val amounts: LongRange = ANY) : Shape() {
    override fun read(value: Json, path: String, strict: Boolean): Json {
        val whole = value.wholeOrNull ?: throw ShapeException(path, "not an integer up to 2^53-1")
        bounded(whole, amounts, path, "in amount")
        return value
    }
}

internal object BoolShape : Shape() {
    override fun read(value: Json, path: String, strict: Boolean): Json {
        expect(value is JsonBool, path) { "not a boolean" }
        return value
    }
}

internal class DecimalShape(scale: Int = 0) : Shape() {
    private val form = Regex("-?(?:0|[1-9][0-9]*)" + if (scale > 0) "(?:\\.[0-9]{1,$scale})?" else "")

    override fun read(value: Json, path: String, strict: Boolean): Json {
        val text = value.textOrNull
        expect(text != null && form.matches(text), path) { "not a decimal" }
        return value
    }
}

internal class BytesShape(private val sizes: LongRange = ANY) : Shape() {
    override fun read(value: Json, path: String, strict: Boolean): Json {
        val text = value.textOrNull
        if (text == null || text.any { it !in ALPHABET }) throw ShapeException(path, "not base64url")
        expect(isCanonical(text), path) { "not canonical base64url" }
        bounded(text.length * 3L / 4, sizes, path, "bytes")
        return value
    }

    /** Tells whether the bits that no byte uses are zero. */
    private fun isCanonical(text: String): Boolean = when (text.length % 4) {
        0 -> true
        1 -> false
        2 -> ALPHABET.indexOf(text.last()) and 15 == 0
        else -> ALPHABET.indexOf(text.last()) and 3 == 0
    }

    private companion object {
        const val ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    }
}

internal class JsonShape(private val mostBytes: Long? = null, private vararg val roots: String) : Shape() {
    override fun read(value: Json, path: String, strict: Boolean): Json {
        expect(roots.isEmpty() || value.kind in roots, path) { "not one of ${roots.joinToString()}" }
        if (mostBytes != null) bounded(utf8Length(writeJson(value)).toLong(), 0..mostBytes, path, "bytes")
        return value
    }
}

internal val ANY: LongRange = Long.MIN_VALUE..Long.MAX_VALUE

private fun Json.asObject(path: String): JsonObject = this as? JsonObject ?: throw ShapeException(path, "not an object")

private inline fun expect(holds: Boolean, path: String, message: () -> String) {
    if (!holds) throw ShapeException(path, message())
}

private fun bounded(size: Long, allowed: LongRange, path: String, unit: String) {
    expect(size in allowed, path) { "$size $unit, allowed are ${allowed.first} to ${allowed.last}" }
}
