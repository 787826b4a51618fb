@HEADER@
package tidegate.bridge.core

import java.util.concurrent.atomic.AtomicBoolean

/**
 * The core of a bridge host: one session between one page and the shell.
 *
 * Use it from one thread; what methods hand over on others comes back through the turn of its parts. Nothing that a page
 * sends makes [receive] throw. Each id gets at most one terminal answer, and exactly one while the session lives. A method
 * runs only after envelope, session, counter, grant and parameters were found good. Everything, dropped messages too, is
 * told to the audit.
 */
public class Dispatcher(private val parts: Parts) {
    private val contract = parts.contract
    private val limits = contract.limits
    private val answers = Answers(contract)
    private val grants = Grants(contract, parts.manifest, parts.policy, parts.killList, parts.methods.keys)
    private val ids = HashSet<String>()
    private val jobs = LinkedHashMap<String, Job>()
    private val queued = ArrayDeque<Pair<Event, Json>>()
    private var nonce = ""
    private var token = ""
    private var counter = -1L
    private var running = 0
    private var seq = 0L

    /** Where the session stands. */
    public var state: State = State.NEW
        private set

    /** Where a session can stand. */
    public enum class State {
        /** Nothing was sent. */
        NEW,

        /** The page has to answer the greeting. */
        GREETED,

        /** Calls are taken. */
        LIVE,

        /** The document is gone. */
        ENDED,
    }

    /** Greets the page: its answer has to carry the same nonce. */
    public fun start() {
        check(state == State.NEW) { "a session starts once" }
        state = State.GREETED
        nonce = parts.chance.nonce()
        send("init", "nonce" to json(nonce))
    }

    /** Takes what came over the port; null stands for something that is no text. */
    public fun receive(raw: String?) {
        if (state == State.ENDED || state == State.NEW) {
            audit(drop("SESSION_INVALID", "the session is ${state.name.lowercase()}"))
            return
        }
        try {
            handle(readEnvelope(raw, limits))
        } catch (error: EnvelopeException) {
            refuse(error.id, Failure(error.code, error.message.orEmpty()))
        }
    }

    /**
     * Tells the page an event; before the welcome it waits. Events that the manifest does not list are left out.
     *
     * @throws IllegalArgumentException when the contract has no such event
     */
    public fun emit(event: String, payload: Json) {
        val spec = requireNotNull(contract.event(event)) { "the contract has no event $event" }
        when {
            state == State.ENDED -> audit(told(event, "SESSION_INVALID"))
            !spec.always && !parts.manifest.lists("events", event) -> audit(told(event, "PERMISSION_DENIED"))
            state == State.LIVE -> tell(spec, payload)
            else -> {
                queued.addLast(spec to payload)
                if (queued.size > MOST_QUEUED) queued.removeFirst()
            }
        }
    }

    /** Takes a method away in mid-session: calls under way end, later ones are refused. */
    public fun revoke(method: String) {
        grants.kill(method)
        for (job in jobs.values.filter { it.method == method }) {
            job.gates = job.gates.copy(killList = false)
            cut(job, Failure("PERMISSION_DENIED", "the grant was revoked"))
        }
        audit(jsonObject("kind" to json("revoke"), "method" to json(method), "ok" to json(true), "code" to json("")))
        if (state != State.ENDED) emit("grant.revoked", jsonObject("method" to json(method)))
    }

    /** Ends the session without a word: the document is gone. */
    public fun end(reason: String) {
        if (state == State.ENDED) return
        state = State.ENDED
        token = ""
        queued.clear()
        jobs.values.toList().forEach { cut(it, Failure("INTERRUPTED", reason)) }
        audit(session("ended: $reason"))
    }

    private fun handle(message: Envelope) {
        when (message) {
            is Envelope.Ping -> send("pong", "n" to json(message.n))
            is Envelope.Hello -> hello(message)
            is Envelope.InSession -> inSession(message)
            Envelope.Pong -> Unit
        }
    }

    private fun hello(hello: Envelope.Hello) {
        if (state != State.GREETED || hello.nonce != nonce) {
            endTelling("SESSION_INVALID", "hello came twice or without this session's nonce")
            return
        }
        val own = contract.version
        if (!speaks(own, parts.manifest.leastContract ?: own) || major(hello.contract) != major(own)) {
            endTelling("VERSION_UNSUPPORTED", "this shell speaks contract $own")
            return
        }
        state = State.LIVE
        nonce = ""
        token = parts.chance.token()
        welcome(hello)
    }

    private fun welcome(hello: Envelope.Hello) {
        val granted = grants.granted()
        val denied = grants.denied(hello.asked)
        send(
            "welcome",
            "s" to json(token),
            "contract" to json(contract.version),
            "host" to jsonObject("platform" to json(parts.platform), "app" to json(parts.app)),
            "granted" to granted,
            "denied" to denied,
            "bundle" to jsonObject("id" to json(parts.manifest.bundle), "version" to json(parts.manifest.version)),
            "limits" to jsonObject("bytes" to json(limits.maxBytes.toLong()), "inflight" to json(limits.inflight.toLong())),
        )
        val asked = jsonObject("granted" to granted, "denied" to denied, "sdk" to json(hello.sdk), "hash" to json(hello.hash))
        audit(session("welcome") + asked)
        while (queued.isNotEmpty()) queued.removeFirst().let { (event, payload) -> tell(event, payload) }
    }

    /** Judges a request or a cancel: it belongs to this document and comes after everything before it. */
    private fun inSession(message: Envelope.InSession) {
        val request = message as? Envelope.Request
        if (state != State.LIVE || message.s.textOrNull != token) {
            refuse(request?.id, Failure("SESSION_INVALID", "not this document's token"), request)
            return
        }
        if (message.n <= counter) {
            refuse(request?.id, Failure("REPLAYED", "the counter did not increase"), request)
            return
        }
        counter = message.n
        when {
            request == null -> cancel(message.id)
            request.id in ids -> refuse(request.id, Failure("REPLAYED", "the id was used before"), request)
            else -> request(request)
        }
    }

    private fun cancel(id: String) {
        val job = jobs[id]
        if (job == null) audit(drop("CANCELLED", "nothing to cancel", id)) else cut(job, Failure("CANCELLED"))
    }

    private fun request(request: Envelope.Request) {
        val spec = contract.method(request.method, request.mv)
        val refusal = grants.refusal(request.method, request.mv)
        if (spec == null || refusal != null) {
            refuse(request.id, Failure(refusal.orEmpty()), request)
            return
        }
        val params = try {
            spec.input.read(request.params, "", strict = true)
        } catch (error: ShapeException) {
            val details = jsonObject("path" to json(error.path))
            refuse(request.id, Failure("PARAMS_INVALID", error.message.orEmpty(), details = details), request)
            return
        }
        if (spec.allow != null && !parts.manifest.lists(spec.allow.list, params.text(spec.allow.field))) {
            val failure = Failure("PERMISSION_DENIED", "not in the manifest's ${spec.allow.list}")
            refuse(request.id, failure, request, denied = spec.audited(params))
            return
        }
        admit(request, spec, params)
    }

    /** Lets a call in. Calls that were cut short count as running until their method has really replied. */
    private fun admit(request: Envelope.Request, spec: Method, params: JsonObject) {
        if (running >= limits.inflight) {
            refuse(request.id, Failure("BUSY", "too many calls under way"), request)
            return
        }
        if (spec.asks && !parts.prompts.take()) {
            refuse(request.id, Failure("BUSY", "the shell shows a sheet already"), request)
            return
        }
        if (!remember(request.id)) {
            if (spec.asks) parts.prompts.giveBack()
            return
        }
        val gates = grants.gates(spec.name, spec.mv)
        val job = Job(parts.manifest, request, spec, gates, spec.audited(params), parts.timers.now, ::chunkLater)
        jobs[job.id] = job
        run(job, params, minOf(request.timeoutMs ?: spec.timeoutMs, spec.timeoutMs))
    }

    private fun run(job: Job, params: JsonObject, milliseconds: Long) {
        job.timer = parts.timers.start(milliseconds) { if (!job.done) cut(job, Failure("TIMEOUT")) }
        running += 1
        val reply = FirstReply(job)
        try {
            parts.methods.getValue(job.method).handle(params, job, reply)
        } catch (error: Exception) {
            reply.fail(error)
        }
    }

    /** Takes the first outcome of a method to the dispatcher's thread. */
    private inner class FirstReply(private val job: Job) : Reply {
        private val given = AtomicBoolean()

        override fun succeed(result: Json) = first { succeeded(job, result) }

        override fun fail(error: Throwable) = first { settle(job, Failure.of(error, contract, job.spec)) }

        private fun first(outcome: () -> Unit) {
            if (given.compareAndSet(false, true)) {
                parts.turn.run {
                    running -= 1
                    if (job.spec.asks) parts.prompts.giveBack()
                    outcome()
                }
            }
        }
    }

    private fun succeeded(job: Job, result: Json) {
        val clean = try {
            job.spec.output.output(result)
        } catch (error: ShapeException) {
            settle(job, Failure.internal("the result's ${error.message}"))
            return
        }
        settle(job, null, clean)
    }

    private fun chunkLater(job: Job, payload: Json) {
        parts.turn.run { chunk(job, payload) }
    }

    /** Sends a part of an answer. It does not prolong the timeout. */
    private fun chunk(job: Job, payload: Json) {
        val shape = job.spec.chunk
        when {
            job.done -> lateChunk(job)
            shape == null -> cut(job, Failure.internal("the method has no chunks"))
            job.chunksSent >= limits.chunks -> cut(job, Failure.internal("too many chunks"))
            else -> {
                val clean = try {
                    shape.output(payload)
                } catch (error: ShapeException) {
                    return cut(job, Failure.internal("the chunk's ${error.message}"))
                }
                sendChunk(job, clean)
            }
        }
    }

    private fun sendChunk(job: Job, clean: Json) {
        val text = written("chunk", "id" to json(job.id), "seq" to json(job.chunksSent.toLong()), "p" to clean)
        if (!answers.fits(text)) return cut(job, Failure("TOO_LARGE"))
        job.chunksSent += 1
        post(text)
    }

    private fun lateChunk(job: Job) {
        if (job.lateChunkTold) return
        job.lateChunkTold = true
        val ending = jsonObject("ok" to json(false), "code" to json(""), "reason" to json("a chunk after the answer"))
        audit(job.described("late") + ending)
    }

    /** Ends a call before its method does, and tells the method. */
    private fun cut(job: Job, failure: Failure) {
        settle(job, failure)
        val thrown = job.cancel() ?: return
        audit(drop("INTERNAL", "a listener failed: ${thrown.message}", job.id))
    }

    /** Gives a call its one terminal answer; what comes later is only told to the audit. */
    private fun settle(job: Job, failure: Failure?, result: Json = JsonNull) {
        if (job.spec.consent != "none") job.gates = job.gates.decided(failure?.code)
        val ms = json(parts.timers.now - job.at)
        if (job.done) {
            val code = json(failure?.code.orEmpty())
            audit(job.described("late") + jsonObject("ok" to json(failure == null), "code" to code, "ms" to ms))
            return
        }
        job.done = true
        job.timer?.cancel()
        jobs.remove(job.id)
        val sent = if (state == State.ENDED) failure?.code else answer(job.id, failure, result)
        val ending = linkedMapOf("ok" to json(sent == null), "code" to json(sent.orEmpty()), "ms" to ms)
        if (job.chunksSent > 0) ending["chunks"] = json(job.chunksSent.toLong())
        failure?.reason?.let { ending["reason"] = json(it) }
        audit(job.described("call") + JsonObject(ending))
    }

    /** Sends a terminal answer and gives its code, null for a success. */
    private fun answer(id: String, failure: Failure?, result: Json): String? {
        val answer = if (failure == null) answers.result(id, result) else answers.failure(id, failure)
        post(answer.text)
        return answer.code
    }

    /**
     * Refuses a message: as the answer to its id when that is fresh, else as an err that belongs to no call.
     *
     * @param denied the audited parameters when the manifest's list refused them, else null
     */
    private fun refuse(id: String?, failure: Failure, request: Envelope.Request? = null, denied: JsonObject? = null) {
        val freshId = id?.takeIf { it !in ids && remember(it) }
        if (state == State.ENDED) return
        if (freshId != null) answer(freshId, failure, JsonNull) else send("err", "e" to plainly(failure))
        val head = jsonObject("kind" to json(if (freshId == null) "drop" else "call"), "id" to json(id))
        val ending = jsonObject(
            "params" to (denied ?: JsonObject.EMPTY),
            "ok" to json(false),
            "code" to json(failure.code),
            "ms" to json(0),
            "reason" to json(failure.message),
        )
        audit(head + (request?.let { called(it, denied != null) } ?: JsonObject.EMPTY) + ending)
    }

    private fun called(request: Envelope.Request, denied: Boolean): JsonObject {
        val tier = contract.method(request.method, request.mv)?.tier
        val gates = grants.gates(request.method, request.mv)
        return jsonObject(
            "method" to json(request.method),
            "mv" to json(request.mv),
            "tier" to (tier?.let { json(it.toLong()) } ?: JsonNull),
            "gates" to (if (denied) gates.copy(manifest = false) else gates).told(),
        )
    }

    /** Keeps an id; false when the session had to end because it has used up its ids. */
    private fun remember(id: String): Boolean {
        if (ids.size >= limits.requests) {
            endTelling("RATE_LIMITED", "this session has made all the calls that one may make")
            return false
        }
        return ids.add(id)
    }

    private fun tell(event: Event, payload: Json) {
        val clean = try {
            event.payload.output(payload)
        } catch (error: ShapeException) {
            return audit(told(event.name, "INTERNAL") + jsonObject("reason" to json(error.message)))
        }
        seq += 1
        send("evt", "e" to json(event.name), "seq" to json(seq), "p" to clean)
        audit(told(event.name, "") + jsonObject("seq" to json(seq)))
    }

    private fun told(event: String, code: String): JsonObject =
        jsonObject("kind" to json("event"), "event" to json(event), "ok" to json(code.isEmpty()), "code" to json(code))

    private fun drop(code: String, reason: String, id: String? = null): JsonObject {
        val entry = linkedMapOf("kind" to json("drop"), "ok" to json(false), "code" to json(code), "reason" to json(reason))
        if (id != null) entry["id"] = json(id)
        return JsonObject(entry)
    }

    private fun session(reason: String): JsonObject =
        jsonObject("kind" to json("session"), "ok" to json(true), "code" to json(""), "reason" to json(reason))

    private fun plainly(failure: Failure): JsonObject = Answers.told(failure.copy(retryable = false, details = JsonObject.EMPTY))

    private fun endTelling(code: String, message: String) {
        send("end", "e" to plainly(Failure(code, message)))
        audit(drop(code, message))
        end(code)
    }

    private fun written(kind: String, vararg members: Pair<String, Json>): String =
        writeInertJson(jsonObject("v" to json(1), "t" to json(kind), *members))

    private fun send(kind: String, vararg members: Pair<String, Json>) {
        post(written(kind, *members))
    }

    /** Sends a text; a port that throws is a port that is gone. */
    private fun post(text: String) {
        try {
            parts.port.send(text)
        } catch (error: RuntimeException) {
            audit(drop("INTERRUPTED", "the port failed: ${error::class.java.simpleName}"))
        }
    }

    private fun audit(entry: JsonObject) {
        parts.audit.record(jsonObject("at" to json(parts.timers.now), "bundle" to json(parts.manifest.bundle)) + entry)
    }

    private companion object {
        const val MOST_QUEUED = 32

        fun major(version: String): String = version.substringBefore('.')

        /** Tells whether a version has the same major number and is not older. */
        fun speaks(version: String, least: String): Boolean =
            major(version) == major(least) && version.substringAfter('.').toInt() >= least.substringAfter('.').toInt()
    }
}
