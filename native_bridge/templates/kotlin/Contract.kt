@HEADER@
package tidegate.bridge.core

/** What the contract declares, as the dispatcher needs it. The generated `bridgeContract` is the one there is. */
public class Contract internal constructor(
    /** The version, `1.1`. */
    public val version: String,
    /** The hash of the compiled contract, `sha256-` and hex. */
    public val hash: String,
    internal val limits: Limits,
    methods: List<Method>,
    events: List<Event>,
    failures: List<FailureKind>,
) {
    private val methods = methods.groupBy { it.name }
    private val events = events.associateBy { it.name }
    private val failures = failures.associateBy { it.code }

    internal fun knows(method: String): Boolean = method in methods

    internal fun method(name: String, mv: Long): Method? = methods[name]?.firstOrNull { it.mv == mv }

    internal fun event(name: String): Event? = events[name]

    internal fun allows(code: String, method: Method): Boolean = failures[code]?.common == true || isOwn(code, method)

    private fun isOwn(code: String, method: Method) = code in failures && code in method.failures

    internal fun isRetryable(code: String): Boolean = failures[code]?.retryable == true
}

/** The limits of the envelope. */
internal data class Limits(
    val version: Int,
    val maxBytes: Int,
    val maxDepth: Int,
    val inflight: Int,
    val requests: Int,
    val chunks: Int,
)

/** One version of one method. */
internal class Method(
    val name: String,
    val mv: Long,
    val tier: Int,
    val consent: String,
    val timeoutMs: Long,
    val input: RecordShape,
    val output: Shape,
    val chunk: Shape? = null,
    val allow: Allowance? = null,
    val audit: Set<String> = emptySet(),
    val failures: Set<String> = emptySet(),
) {
    val asks: Boolean
        get() = consent == "ask" || consent == "sheet"

    fun audited(params: JsonObject): JsonObject = JsonObject(params.members.filterKeys { it in audit })
}

/** Which list of the manifest has to hold which field of the input. */
internal data class Allowance(val list: String, val field: String)

/** One event; one that is [always] told needs no line in a manifest. */
internal data class Event(val name: String, val payload: Shape, val always: Boolean)

/** One error; a common one may answer every method. */
internal data class FailureKind(val code: String, val common: Boolean, val retryable: Boolean)
