@HEADER@
package tidegate.bridge.core

import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.startCoroutine

/** Where a method on plain JSON hands its outcome. Only the first hand-over counts; any thread may make it. */
public interface Reply {
    /** Answers with a result. */
    public fun succeed(result: Json)

    /** Answers with an error. One that the contract does not allow to this method reaches the page as INTERNAL. */
    public fun fail(error: Throwable)
}

/** A method of the host on plain JSON. The generated `bridgeHandlers` makes these from typed methods. */
public fun interface Handler {
    /** Begins the work and returns soon. What it throws counts as [Reply.fail]. */
    public fun handle(params: JsonObject, call: Call, reply: Reply)
}

/** Sends parts of an answer while the call runs; one after the answer is dropped and told to the audit. */
public fun interface ChunkSender<in T> {
    /** Sends the next chunk. Any thread may. */
    public fun send(chunk: T)
}

/** A call under way, as its method sees it. Any thread may use it. */
public interface Call {
    /** The manifest of the bundle that asks. The page cannot name another. */
    public val bundle: Manifest

    /** The method's name. */
    public val method: String

    /** The page's id of the call. */
    public val id: String

    /** The W3C trace context, or null when the page sent none. */
    public val traceparent: String?

    /** Whether the call was cut short: by cancel, timeout, revocation or the session's end. */
    public val isCancelled: Boolean

    /** Runs something once when the call is cut short; at once when it was already. */
    public fun onCancel(stop: () -> Unit)

    /** Sends a chunk on plain JSON; the typed methods have a [ChunkSender]. */
    public fun chunk(payload: Json)
}

/** Starts a typed method and hands its outcome to the reply. */
internal fun <T> started(context: CoroutineContext, reply: Reply, write: (T) -> Json, method: suspend () -> T) {
    method.startCoroutine(
        object : Continuation<T> {
            override val context: CoroutineContext = context

            override fun resumeWith(result: Result<T>) {
                result.map(write).fold(reply::succeed, reply::fail)
            }
        },
    )
}

/** What the dispatcher keeps of a call under way. */
internal class Job(
    override val bundle: Manifest,
    private val request: Envelope.Request,
    val spec: Method,
    var gates: Gates,
    val params: JsonObject,
    val at: Long,
    private val chunks: (Job, Json) -> Unit,
) : Call {
    var timer: Timers.Timer? = null
    var done: Boolean = false
    var lateChunkTold: Boolean = false
    var chunksSent: Int = 0
    private val stops = ArrayList<() -> Unit>()
    private var cancelled = false

    override val method: String
        get() = spec.name

    override val id: String
        get() = request.id

    override val traceparent: String?
        get() = request.traceparent

    override val isCancelled: Boolean
        get() = synchronized(stops) { cancelled }

    override fun onCancel(stop: () -> Unit) {
        val now = synchronized(stops) { cancelled.also { if (!it) stops.add(stop) } }
        if (now) stop()
    }

    override fun chunk(payload: Json) {
        chunks(this, payload)
    }

    /** Runs what waits for a cancel; gives what one of them threw, or null. */
    fun cancel(): Throwable? {
        val waiting = synchronized(stops) {
            cancelled = true
            stops.toList().also { stops.clear() }
        }
        return waiting.mapNotNull { runCatching(it).exceptionOrNull() }.lastOrNull()
    }

    /** What every audit entry about the call tells. */
    fun described(kind: String): JsonObject = jsonObject(
        "kind" to json(kind),
        "id" to json(id),
        "method" to json(method),
        "mv" to json(spec.mv),
        "tier" to json(spec.tier.toLong()),
        "params" to params,
        "gates" to gates.told(),
        "traceparent" to json(traceparent),
    )
}
