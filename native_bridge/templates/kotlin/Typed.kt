@HEADER@
package tidegate.bridge.core

// How generated types take checked JSON apart: every member was held against the contract before.

internal fun JsonObject.member(name: String): Json = members.getValue(name)

/** Gives a member that may be absent or null; both are null. */
internal fun JsonObject.optional(name: String): Json? = members[name].takeIf { it != JsonNull }

internal val Json.obj: JsonObject
    get() = this as JsonObject

internal val Json.text: String
    get() = (this as JsonText).value

internal val Json.bool: Boolean
    get() = (this as JsonBool).value

internal val Json.whole: Long
    get() = checkNotNull(wholeOrNull) { "not a whole number" }

internal fun <T> Json.entries(read: (Json) -> T): Map<String, T> = obj.members.mapValues { read(it.value) }

internal fun <T> Json.items(read: (Json) -> T): List<T> = (this as JsonArray).items.map(read)
