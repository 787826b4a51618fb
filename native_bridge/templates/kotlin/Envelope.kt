@HEADER@
package tidegate.bridge.core

internal class EnvelopeException(val code: String, message: String, val id: String? = null) : Exception(message)

/** A message of the page, as the envelope allows it. */
internal sealed interface Envelope {
    class Hello(val nonce: String, val sdk: String, val contract: String, val hash: String, val asked: JsonObject) : Envelope

    class Ping(val n: Long) : Envelope

    data object Pong : Envelope

    /** What belongs to a session: token and counter. */
    sealed interface InSession : Envelope {
        val s: Json?
        val n: Long
        val id: String
    }

    class Cancel(override val s: Json?, override val n: Long, override val id: String) : InSession

    class Request(
        override val s: Json?,
        override val n: Long,
        override val id: String,
        val method: String,
        val mv: Long,
        val params: JsonObject,
        val timeoutMs: Long?,
        val traceparent: String?,
    ) : InSession
}

internal val VERSION = Regex("[1-9][0-9]{0,3}\\.(?:0|[1-9][0-9]{0,3})")
private val ID = Regex("[A-Za-z0-9_-]{1,32}")
private val METHOD = Regex("[A-Za-z][A-Za-z0-9.]{0,63}")
private val HASH = Regex("sha256-[0-9a-f]{64}")
private val TRACE = Regex("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
private const val SHORT = 64
private const val MOST_METHODS = 64
private const val MOST_MS = 900_000L

/** Reads a text; null stands for something that is no text. */
@Throws(EnvelopeException::class)
internal fun readEnvelope(raw: String?, limits: Limits): Envelope {
    if (raw == null) throw EnvelopeException("ENVELOPE_INVALID", "a message is a string")
    if (raw.length > limits.maxBytes || utf8Length(raw) > limits.maxBytes) {
        throw EnvelopeException("TOO_LARGE", "a message may have ${limits.maxBytes} bytes")
    }
    val message = parsed(raw, limits.maxDepth)
    val id = message.text("id")?.takeIf { message.text("t") == "req" && ID.matches(it) }
    if (message["v"].wholeOrNull != limits.version.toLong()) {
        throw EnvelopeException("VERSION_UNSUPPORTED", "another version of the envelope", id)
    }
    return Members(message, id).envelope()
}

private fun parsed(raw: String, maxDepth: Int): JsonObject {
    val value = try {
        readStrictJson(raw, maxDepth)
    } catch (error: JsonException) {
        throw EnvelopeException("ENVELOPE_INVALID", error.message.orEmpty())
    }
    return value as? JsonObject ?: throw EnvelopeException("ENVELOPE_INVALID", "a message is an object")
}

/** Takes the members of one message: exactly those of its kind. */
private class Members(private val message: JsonObject, private val requestId: String?) {
    private val taken = mutableSetOf("v", "t")

    fun envelope(): Envelope {
        val read = when (message.text("t")) {
            "hello" -> hello()
            "req" -> Envelope.Request(
                anything("s"), count("n"), text("id", ID), text("m", METHOD), count("mv"), params(), timeout(), trace(),
            )
            "cancel" -> Envelope.Cancel(anything("s"), count("n"), text("id", ID))
            "ping" -> Envelope.Ping(count("n"))
            "pong" -> Envelope.Pong.also { count("n") }
            else -> throw EnvelopeException("ENVELOPE_INVALID", "no such kind of message", requestId)
        }
        if (message.members.keys.any { it !in taken }) {
            throw EnvelopeException("ENVELOPE_INVALID", "a member that the envelope does not have", requestId)
        }
        return read
    }

    private fun hello(): Envelope {
        val want = versions("want")
        return Envelope.Hello(short("nonce"), short("sdk"), text("contract", VERSION), text("hash", HASH), want + versions("need"))
    }

    private fun wrong(name: String): Nothing = throw EnvelopeException("ENVELOPE_INVALID", "$name is missing or wrong", requestId)

    private fun anything(name: String): Json? {
        taken += name
        return message[name]
    }

    private fun short(name: String): String = anything(name).textOrNull?.takeIf { it.length <= SHORT } ?: wrong(name)

    private fun text(name: String, form: Regex): String = anything(name).textOrNull?.takeIf(form::matches) ?: wrong(name)

    private fun count(name: String): Long = anything(name).wholeOrNull?.takeIf { it >= 0 } ?: wrong(name)

    private fun params(): JsonObject = anything("p") as? JsonObject ?: wrong("p")

    private fun timeout(): Long? =
        if (anything("timeoutMs") == null) null else count("timeoutMs").takeIf { it in 1..MOST_MS } ?: wrong("timeoutMs")

    private fun trace(): String? = if (anything("traceparent") == null) null else text("traceparent", TRACE)

    private fun versions(name: String): JsonObject {
        val versions = anything(name) as? JsonObject ?: wrong(name)
        val fit = versions.members.all { (method, mv) -> METHOD.matches(method) && (mv.wholeOrNull ?: 0) >= 1 }
        return if (fit && versions.members.size <= MOST_METHODS) versions else wrong(name)
    }
}
