@HEADER@
package tidegate.bridge.core

private val ORIGIN = Regex(
    "https?://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[1-9][0-9]{0,4})?",
)
private const val LONGEST = 300
private val GREETINGS = mapOf("loader-hello" to "loading", "page-hello" to "entering")

/** Tells whether two origins are the same one, written as browsers write it. Nothing is parsed that could be bent. */
public fun sameOrigin(origin: String?, expected: String?): Boolean =
    expected != null && expected.length <= LONGEST && ORIGIN.matches(expected) && origin == expected

/**
 * Judges who may start a session: only the frame that the shell made, from exactly the origin that it opened in it.
 *
 * @param ownFrame whether the greeting came from the frame that the shell made
 * @param origin as the platform tells it
 * @param state of the frame: loading, loader, entering, live or ended
 * @return null when it is accepted, else the first reason against it: source, origin, data or state
 */
public fun greetingRefusal(ownFrame: Boolean, origin: String?, data: Json?, expectedOrigin: String?, state: String?): String? {
    val due = (data as? JsonObject)?.takeIf { it.members.size == 1 }?.let { GREETINGS[it.text("tidegate")] }
    return when {
        !ownFrame -> "source"
        !sameOrigin(origin, expectedOrigin) -> "origin"
        due == null -> "data"
        due != state -> "state"
        else -> null
    }
}
