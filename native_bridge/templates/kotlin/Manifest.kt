@HEADER@
package tidegate.bridge.core

/**
 * What a bundle's verified manifest says about the bridge. Verifying it is the work of the bundle client.
 *
 * @param manifest the verified object
 * @property digest of the manifest's bytes, or null when the host tells none
 * @throws IllegalArgumentException when the manifest names no bundle, version or permissions
 */
public class Manifest(manifest: JsonObject, public val digest: String? = null) {
    /** The bundle's id. */
    public val bundle: String = requireNotNull(manifest.text("bundle")) { "a manifest names its bundle" }

    /** The bundle's version. */
    public val version: String = requireNotNull(manifest.text("version")) { "a manifest names its version" }

    internal val leastContract: String? = (manifest["contract"] as? JsonObject)?.text("min")

    internal val permissions: Map<String, Long> = versions(
        requireNotNull(manifest["permissions"] as? JsonObject) { "a manifest names its permissions" },
    )

    private val lists: Map<String, Set<String>> = manifest.members.mapNotNull { (name, member) ->
        (member as? JsonArray)?.let { list -> name to list.items.mapNotNull { it.textOrNull }.toSet() }
    }.toMap()

    init {
        require(leastContract == null || VERSION.matches(leastContract)) { "contract.min of a manifest is a version like 1.0" }
    }

    internal fun lists(list: String, value: String?): Boolean = value != null && value in lists[list].orEmpty()

    private companion object {
        fun versions(permissions: JsonObject): Map<String, Long> = permissions.members.mapNotNull { (method, version) ->
            version.wholeOrNull?.let { method to it }
        }.toMap()
    }
}

/** What one bundle may do: manifest, app policy and kill-list together. It can only become less. */
internal class Grants(
    private val contract: Contract,
    private val manifest: Manifest,
    private val policy: Set<String>,
    killList: Set<String>,
    private val implemented: Set<String>,
) {
    private val killed = killList.toMutableSet()

    fun gates(method: String, mv: Long): Gates =
        Gates(manifest = manifest.permissions[method] == mv, policy = method in policy, killList = method !in killed)

    /** Gives the code of the refusal, or null when the call may go on. */
    fun refusal(method: String, mv: Long): String? = when {
        !contract.knows(method) -> "METHOD_UNKNOWN"
        contract.method(method, mv) == null -> "VERSION_UNSUPPORTED"
        !gates(method, mv).pass -> "PERMISSION_DENIED"
        method !in implemented -> "METHOD_UNSUPPORTED"
        else -> null
    }

    fun granted(): JsonObject =
        JsonObject(manifest.permissions.filter { refusal(it.key, it.value) == null }.toSortedMap().mapValues { json(it.value) })

    fun denied(asked: JsonObject): JsonObject = JsonObject(
        asked.members.mapNotNull { (method, mv) -> refusal(method, mv.wholeOrNull ?: 0)?.let { method to json(it) } }.toMap(),
    )

    fun kill(method: String) {
        killed += method
    }
}

/** Which gates a call has passed, as the audit tells it. */
internal data class Gates(
    val manifest: Boolean,
    val policy: Boolean,
    val killList: Boolean,
    val consent: String = "not-asked",
) {
    val pass: Boolean
        get() = manifest && policy && killList

    /** Notes how the person decided, as the call's end tells it; null is a success. */
    fun decided(code: String?): Gates = when (code) {
        null -> copy(consent = "pass")
        in SAID_NO -> copy(consent = "fail")
        else -> this
    }

    fun told(): JsonObject = jsonObject(
        "manifest" to word(manifest),
        "policy" to word(policy),
        "killList" to word(killList),
        "consent" to json(consent),
    )

    private fun word(passed: Boolean) = json(if (passed) "pass" else "fail")

    private companion object {
        val SAID_NO = setOf("CONSENT_DENIED", "USER_CANCELLED", "USER_VERIFICATION_FAILED", "LOCKED_OUT")
    }
}
