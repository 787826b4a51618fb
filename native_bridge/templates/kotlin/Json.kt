@HEADER@
package tidegate.bridge.core

/** A JSON value. It never changes once it is made, so it may be shared among threads. */
public sealed interface Json

/** An object whose members keep their order. */
public data class JsonObject(public val members: Map<String, Json>) : Json {
    /** Gives a member, or null when there is none. */
    public operator fun get(name: String): Json? = members[name]

    /** Gives a member's text, or null when it is absent or no text. */
    public fun text(name: String): String? = (members[name] as? JsonText)?.value

    /** Gives an object with the members of both; the other's win. */
    public operator fun plus(other: JsonObject): JsonObject = JsonObject(members + other.members)

    override fun toString(): String = writeJson(this)

    public companion object {
        /** The object without members. */
        public val EMPTY: JsonObject = JsonObject(emptyMap())
    }
}

/** A list. */
public data class JsonArray(public val items: List<Json>) : Json {
    override fun toString(): String = writeJson(this)
}

/** A text. */
public data class JsonText(public val value: String) : Json {
    override fun toString(): String = writeJson(this)
}

/** A number, as the 64-bit floating-point number that every JSON reader agrees on. */
public data class JsonNumber(public val value: Double) : Json {
    /** The number when it is a whole one within 2^53-1 on either side, else null. */
    public val whole: Long?
        get() = if (value == Math.rint(value) && Math.abs(value) <= MOST_WHOLE) value.toLong() else null

    override fun toString(): String = writeJson(this)
}

/** True or false. */
public data class JsonBool(public val value: Boolean) : Json {
    override fun toString(): String = writeJson(this)
}

/** JSON's null. */
public data object JsonNull : Json {
    override fun toString(): String = "null"
}

internal const val MOST_WHOLE: Double = 9007199254740991.0

/** Gives a text as JSON, and null as JSON's. */
public fun json(text: String?): Json = if (text == null) JsonNull else JsonText(text)

/** Gives a number as JSON. */
public fun json(number: Long): Json = JsonNumber(number.toDouble())

/** Gives a boolean as JSON. */
public fun json(value: Boolean): Json = JsonBool(value)

/** Gives an object of the members given, in their order. */
public fun jsonObject(vararg members: Pair<String, Json>): JsonObject = JsonObject(linkedMapOf(*members))

/** Names its kind as JSON does: object, array, string, number, boolean or null. */
internal val Json.kind: String
    get() = when (this) {
        is JsonObject -> "object"
        is JsonArray -> "array"
        is JsonText -> "string"
        is JsonNumber -> "number"
        is JsonBool -> "boolean"
        JsonNull -> "null"
    }

internal val Json?.textOrNull: String?
    get() = (this as? JsonText)?.value

internal val Json?.wholeOrNull: Long?
    get() = (this as? JsonNumber)?.whole
