@HEADER@
package tidegate.bridge.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The core of a bridge host: one session between one page and the shell.
 *
 * <p>Use it from one thread; what methods hand over on others comes back through the executor of its parts. Nothing that
 * a page sends makes {@link #receive} throw. Each id gets at most one terminal answer, and exactly one while the session
 * lives. A method runs only after envelope, session, counter, grant and parameters were found good. Everything, dropped
 * messages too, is told to the audit.
 */
public final class Dispatcher {
    private static final int MOST_QUEUED = 32;
    private final Parts parts;
    private final Contract contract;
    private final Contract.Limits limits;
    private final Answers answers;
    private final Grants grants;
    private final Set<String> ids = new HashSet<>();
    private final Map<String, Job> jobs = new LinkedHashMap<>();
    private final Deque<Queued> queued = new ArrayDeque<>();
    private State state = State.NEW;
    private String nonce = "";
    private String token = "";
    private long counter = -1;
    private int running;
    private long seq;

    /** Where a session stands. */
    public enum State {
        /** Nothing was sent. */
        NEW,
        /** The page has to answer the greeting. */
        GREETED,
        /** Calls are taken. */
        LIVE,
        /** The document is gone. */
        ENDED
    }

    /** An event that waits for the welcome. */
    private static final class Queued {
        private final Contract.Event event;
        private final Json payload;

        Queued(Contract.Event event, Json payload) {
            this.event = event;
            this.payload = payload;
        }
    }

    /** Makes the core of one session. */
    public Dispatcher(Parts parts) {
        parts.check();
        this.parts = parts;
        this.contract = parts.contract;
        this.limits = contract.limits();
        this.answers = new Answers(contract);
        this.grants = new Grants(contract, parts.manifest, parts.policy, parts.killList, parts.methods.keySet());
    }

    /** Tells where the session stands. */
    public State state() {
        return state;
    }

    /** Greets the page: its answer has to carry the same nonce. */
    public void start() {
        if (state != State.NEW) {
            throw new IllegalStateException("a session starts once");
        }
        state = State.GREETED;
        nonce = parts.chance.nonce();
        send(Json.object().with("v", 1).with("t", "init").with("nonce", nonce));
    }

    /** Takes what came over the port; null stands for something that is no text. */
    public void receive(String raw) {
        if (state == State.ENDED || state == State.NEW) {
            String reason = "the session is " + (state == State.NEW ? "new" : "ended");
            audit(drop("SESSION_INVALID").with("reason", reason));
            return;
        }
        try {
            handle(Envelope.read(raw, limits));
        } catch (EnvelopeException error) {
            refuse(error.id, Failure.of(error.code, error.getMessage()), null, null);
        }
    }

    /**
     * Tells the page an event; before the welcome it waits. Events that the manifest does not list are left out.
     *
     * @throws IllegalArgumentException when the contract has no such event
     */
    public void emit(String event, Json payload) {
        Contract.Event spec = contract.event(event);
        if (spec == null) {
            throw new IllegalArgumentException("the contract has no event " + event);
        }
        if (state == State.ENDED) {
            audit(untold(event, "SESSION_INVALID"));
        } else if (!spec.always && !parts.manifest.lists("events", event)) {
            audit(untold(event, "PERMISSION_DENIED"));
        } else if (state == State.LIVE) {
            tell(spec, payload);
        } else {
            queued.add(new Queued(spec, payload));
            if (queued.size() > MOST_QUEUED) {
                queued.remove();
            }
        }
    }

    /** Takes a method away in mid-session: calls under way end, later ones are refused. */
    public void revoke(String method) {
        grants.kill(method);
        for (Job job : new ArrayList<>(jobs.values())) {
            if (job.spec.name.equals(method)) {
                job.gates.failKillList();
                cut(job, Failure.of("PERMISSION_DENIED", "the grant was revoked"));
            }
        }
        audit(Json.object().with("kind", "revoke").with("method", method).with("ok", true).with("code", ""));
        if (state != State.ENDED) {
            emit("grant.revoked", Json.object().with("method", method).end());
        }
    }

    /** Ends the session without a word: the document is gone. */
    public void end(String reason) {
        if (state == State.ENDED) {
            return;
        }
        state = State.ENDED;
        token = "";
        queued.clear();
        for (Job job : new ArrayList<>(jobs.values())) {
            cut(job, Failure.of("INTERRUPTED", reason));
        }
        audit(Json.object().with("kind", "session").with("ok", true).with("code", "").with("reason", "ended: " + reason));
    }

    private void handle(Envelope message) {
        switch (message.kind()) {
            case "ping":
                send(Json.object().with("v", 1).with("t", "pong").with("n", message.whole("n")));
                break;
            case "hello":
                hello(message);
                break;
            case "pong":
                break;
            default:
                inSession(message);
        }
    }

    private void hello(Envelope hello) {
        if (state != State.GREETED || !nonce.equals(hello.text("nonce"))) {
            endTelling("SESSION_INVALID", "hello came twice or without this session's nonce");
            return;
        }
        String own = contract.version();
        String least = parts.manifest.leastContract(own);
        String wanted = hello.text("contract");
        if (!Grants.speaks(own, least) || !major(wanted).equals(major(own))) {
            endTelling("VERSION_UNSUPPORTED", "this shell speaks contract " + own);
            return;
        }
        state = State.LIVE;
        nonce = "";
        token = parts.chance.token();
        welcome(hello);
    }

    private static String major(String version) {
        return version.substring(0, version.indexOf('.'));
    }

    private void welcome(Envelope hello) {
        Json.Obj granted = grants.granted();
        Json.Obj asked = Json.object().withAll(hello.object("want")).withAll(hello.object("need")).end();
        Json.Obj denied = grants.denied(asked);
        Manifest bundle = parts.manifest;
        send(Json.object().with("v", 1).with("t", "welcome").with("s", token).with("contract", contract.version())
                .with("host", Json.object().with("platform", parts.platform).with("app", parts.app).end())
                .with("granted", granted).with("denied", denied)
                .with("bundle", Json.object().with("id", bundle.bundle()).with("version", bundle.version()).end())
                .with("limits", Json.object().with("bytes", limits.maxBytes).with("inflight", limits.inflight).end()));
        audit(Json.object().with("kind", "session").with("ok", true).with("code", "").with("reason", "welcome")
                .with("granted", granted).with("denied", denied).with("sdk", hello.text("sdk")).with("hash", hello.text("hash")));
        while (!queued.isEmpty()) {
            Queued next = queued.remove();
            tell(next.event, next.payload);
        }
    }

    /** Judges a request or a cancel: it belongs to this document and comes after everything before it. */
    private void inSession(Envelope message) {
        String id = message.isRequest() ? message.text("id") : null;
        if (state != State.LIVE || !token.equals(message.text("s"))) {
            refuse(id, Failure.of("SESSION_INVALID", "not this document's token"), message, null);
        } else if (message.whole("n") <= counter) {
            refuse(id, Failure.of("REPLAYED", "the counter did not increase"), message, null);
        } else {
            counter = message.whole("n");
            if (!message.isRequest()) {
                cancel(message.text("id"));
            } else if (ids.contains(id)) {
                refuse(id, Failure.of("REPLAYED", "the id was used before"), message, null);
            } else {
                request(message);
            }
        }
    }

    private void cancel(String id) {
        Job job = jobs.get(id);
        if (job == null) {
            audit(drop("CANCELLED").with("id", id).with("reason", "nothing to cancel"));
        } else {
            cut(job, Failure.of("CANCELLED", ""));
        }
    }

    private void request(Envelope message) {
        String id = message.text("id");
        String refusal = grants.refusal(message.text("m"), message.whole("mv"));
        if (!refusal.isEmpty()) {
            refuse(id, Failure.of(refusal, ""), message, null);
            return;
        }
        Contract.Method spec = contract.method(message.text("m"), message.whole("mv"));
        Json.Obj params;
        try {
            params = spec.input.input(message.object("p")).asObject();
        } catch (ShapeException error) {
            refuse(id, Failure.at("PARAMS_INVALID", error.getMessage(), error.path()), message, null);
            return;
        }
        if (spec.allowList != null && !parts.manifest.lists(spec.allowList, params.text(spec.allowField))) {
            Failure failure = Failure.of("PERMISSION_DENIED", "not in the manifest's " + spec.allowList);
            refuse(id, failure, message, spec.audited(params));
            return;
        }
        admit(message, spec, params);
    }

    /** Lets a call in. Calls that were cut short count as running until their method has really replied. */
    private void admit(Envelope message, Contract.Method spec, Json.Obj params) {
        String id = message.text("id");
        if (running >= limits.inflight) {
            refuse(id, Failure.of("BUSY", "too many calls under way"), message, null);
            return;
        }
        if (spec.asks() && !parts.prompts.take()) {
            refuse(id, Failure.of("BUSY", "the shell shows a sheet already"), message, null);
            return;
        }
        if (!remember(id)) {
            giveBack(spec);
            return;
        }
        Gates gates = grants.gates(spec.name, spec.mv);
        Job job = new Job(this, parts.manifest, message, spec, gates, spec.audited(params), parts.timers.now());
        jobs.put(id, job);
        long asked = message.has("timeoutMs") ? message.whole("timeoutMs") : spec.timeoutMs;
        run(job, params, Math.min(asked, spec.timeoutMs));
    }

    private void giveBack(Contract.Method spec) {
        if (spec.asks()) {
            parts.prompts.giveBack();
        }
    }

    private void run(final Job job, Json.Obj params, long milliseconds) {
        job.timer = parts.timers.start(milliseconds, () -> {
            if (!job.done) {
                cut(job, Failure.of("TIMEOUT", ""));
            }
        });
        running += 1;
        Reply<Json> reply = new FirstReply(job);
        try {
            parts.methods.get(job.spec.name).handle(params, job, reply);
        } catch (Exception error) {
            reply.fail(error);
        }
    }

    /** Takes the first outcome of a method to the dispatcher's thread. */
    private final class FirstReply implements Reply<Json> {
        private final Job job;
        private final AtomicBoolean given = new AtomicBoolean();

        FirstReply(Job job) {
            this.job = job;
        }

        @Override
        public void succeed(final Json result) {
            first(() -> succeeded(job, result == null ? Json.NULL : result));
        }

        @Override
        public void fail(final Exception error) {
            first(() -> settle(job, Failure.of(error, contract, job.spec), null));
        }

        private void first(final Runnable outcome) {
            if (given.compareAndSet(false, true)) {
                parts.thread.execute(() -> {
                    running -= 1;
                    giveBack(job.spec);
                    outcome.run();
                });
            }
        }
    }

    private void succeeded(Job job, Json result) {
        try {
            settle(job, null, job.spec.output.output(result));
        } catch (ShapeException error) {
            settle(job, Failure.internal("the result's " + error.getMessage()), null);
        }
    }

    void chunkLater(final Job job, final Json payload) {
        parts.thread.execute(() -> chunk(job, payload == null ? Json.NULL : payload));
    }

    /** Sends a part of an answer. It does not prolong the timeout. */
    private void chunk(Job job, Json payload) {
        if (job.done) {
            if (!job.lateChunkTold) {
                job.lateChunkTold = true;
                audit(job.described("late").with("ok", false).with("code", "").with("reason", "a chunk after the answer"));
            }
            return;
        }
        if (job.spec.chunk == null || job.chunks >= limits.chunks) {
            cut(job, Failure.internal(job.spec.chunk == null ? "the method has no chunks" : "too many chunks"));
            return;
        }
        try {
            Json clean = job.spec.chunk.output(payload);
            String text = JsonWriter.inert(Json.object().with("v", 1).with("t", "chunk").with("id", job.id)
                    .with("seq", job.chunks).with("p", clean).end());
            if (answers.fits(text)) {
                job.chunks += 1;
                post(text);
            } else {
                cut(job, Failure.of("TOO_LARGE", ""));
            }
        } catch (ShapeException error) {
            cut(job, Failure.internal("the chunk's " + error.getMessage()));
        }
    }

    /** Ends a call before its method does, and tells the method. */
    private void cut(Job job, Failure failure) {
        settle(job, failure, null);
        RuntimeException thrown = job.cancel();
        if (thrown != null) {
            audit(drop("INTERNAL").with("id", job.id).with("reason", "a listener failed: " + thrown.getMessage()));
        }
    }

    /** Gives a call its one terminal answer; what comes later is only told to the audit. */
    private void settle(Job job, Failure failure, Json result) {
        String code = failure == null ? "" : failure.code;
        if (!"none".equals(job.spec.consent)) {
            job.gates.decided(code);
        }
        long ms = parts.timers.now() - job.at;
        if (job.done) {
            audit(job.described("late").with("ok", failure == null).with("code", code).with("ms", ms));
            return;
        }
        job.done = true;
        job.timer.cancel();
        jobs.remove(job.id);
        String sent = state == State.ENDED ? code : answer(job.id, failure, result);
        Json.Members entry = job.described("call").with("ok", sent.isEmpty()).with("code", sent).with("ms", ms);
        if (job.chunks > 0) {
            entry.with("chunks", job.chunks);
        }
        if (failure != null && failure.reason != null) {
            entry.with("reason", failure.reason);
        }
        audit(entry);
    }

    /** Sends a terminal answer and gives its code, empty for a success. */
    private String answer(String id, Failure failure, Json result) {
        Answers.Answer answer = failure == null ? answers.result(id, result) : answers.failure(id, failure);
        post(answer.text);
        return answer.code;
    }

    /**
     * Refuses a message: as the answer to its id when that is fresh, else as an err that belongs to no call.
     *
     * @param denied the audited parameters when the manifest's list refused them, else null
     */
    private void refuse(String id, Failure failure, Envelope message, Json.Obj denied) {
        boolean fresh = id != null && !ids.contains(id) && remember(id);
        if (state == State.ENDED) {
            return;
        }
        if (fresh) {
            answer(id, failure, null);
        } else {
            Json.Obj told = Answers.told(failure.code, failure.message, false, Failure.NO_DETAILS);
            send(Json.object().with("v", 1).with("t", "err").with("e", told));
        }
        Json.Members entry = Json.object().with("kind", fresh ? "call" : "drop").with("id", id);
        if (message != null && message.isRequest()) {
            called(entry, message, denied != null);
        }
        audit(entry.with("params", denied == null ? Failure.NO_DETAILS : denied).with("ok", false).with("code", failure.code)
                .with("ms", 0).with("reason", failure.message));
    }

    private void called(Json.Members entry, Envelope message, boolean denied) {
        String method = message.text("m");
        long mv = message.whole("mv");
        Contract.Method spec = contract.method(method, mv);
        Gates gates = grants.gates(method, mv);
        if (denied) {
            gates.failManifest();
        }
        entry.with("method", method).with("mv", mv).with("tier", spec == null ? Json.NULL : Json.of(spec.tier))
                .with("gates", gates.told());
    }

    /** Keeps an id; false when the session had to end because it has used up its ids. */
    private boolean remember(String id) {
        if (ids.size() >= limits.requests) {
            endTelling("RATE_LIMITED", "this session has made all the calls that one may make");
            return false;
        }
        ids.add(id);
        return true;
    }

    private void tell(Contract.Event event, Json payload) {
        Json clean;
        try {
            clean = event.payload.output(payload == null ? Json.NULL : payload);
        } catch (ShapeException error) {
            audit(untold(event.name, "INTERNAL").with("reason", error.getMessage()));
            return;
        }
        seq += 1;
        send(Json.object().with("v", 1).with("t", "evt").with("e", event.name).with("seq", seq).with("p", clean));
        audit(Json.object().with("kind", "event").with("event", event.name).with("ok", true).with("code", "").with("seq", seq));
    }

    private static Json.Members untold(String event, String code) {
        return Json.object().with("kind", "event").with("event", event).with("ok", false).with("code", code);
    }

    private static Json.Members drop(String code) {
        return Json.object().with("kind", "drop").with("ok", false).with("code", code);
    }

    private void endTelling(String code, String message) {
        Json.Obj told = Answers.told(code, message, false, Failure.NO_DETAILS);
        send(Json.object().with("v", 1).with("t", "end").with("e", told));
        audit(drop(code).with("reason", message));
        end(code);
    }

    private void send(Json.Members message) {
        post(JsonWriter.inert(message.end()));
    }

    /** Sends a text; a port that throws is a port that is gone. */
    private void post(String text) {
        try {
            parts.port.send(text);
        } catch (RuntimeException error) {
            audit(drop("INTERRUPTED").with("reason", "the port failed: " + error.getClass().getSimpleName()));
        }
    }

    private void audit(Json.Members entry) {
        parts.audit.record(Json.object().with("at", parts.timers.now()).with("bundle", parts.manifest.bundle())
                .withAll(entry.end()).end());
    }
}
