@HEADER@
package tidegate.bridge.core;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What the contract declares, as the dispatcher needs it. The generated {@code BridgeContract} holds the one there is. */
public final class Contract {
    private final String version;
    private final String hash;
    private final Limits limits;
    private final Map<String, Map<Long, Method>> methods = new LinkedHashMap<>();
    private final Map<String, Event> events = new LinkedHashMap<>();
    private final Map<String, Failure> failures = new HashMap<>();

    /** Starts a contract without methods, events and errors. */
    public Contract(String version, String hash, Limits limits) {
        this.version = version;
        this.hash = hash;
        this.limits = limits;
    }

    /** Declares a method. */
    public Contract method(Method method) {
        methods.computeIfAbsent(method.name, name -> new HashMap<>()).put(method.mv, method);
        return this;
    }

    /** Declares an event; one that is {@code always} told needs no line in a manifest. */
    public Contract event(String name, Shape payload, boolean always) {
        events.put(name, new Event(name, payload, always));
        return this;
    }

    /** Declares an error; a common one may answer every method. */
    public Contract failure(String code, boolean common, boolean retryable) {
        failures.put(code, new Failure(common, retryable));
        return this;
    }

    /** Gives the version, {@code 1.1}. */
    public String version() {
        return version;
    }

    /** Gives the hash of the compiled contract, {@code sha256-} and hex. */
    public String hash() {
        return hash;
    }

    Limits limits() {
        return limits;
    }

    boolean knows(String method) {
        return methods.containsKey(method);
    }

    Method method(String name, long mv) {
        return methods.getOrDefault(name, Collections.<Long, Method>emptyMap()).get(mv);
    }

    Event event(String name) {
        return events.get(name);
    }

    boolean allows(String code, Method method) {
        Failure failure = failures.get(code);
        return failure != null && (failure.common || method.failures.contains(code));
    }

    boolean isRetryable(String code) {
        return failures.get(code).retryable;
    }

    /** The limits of the envelope. */
    public static final class Limits {
        final int version;
        final int maxBytes;
        final int maxDepth;
        final int inflight;
        final int requests;
        final int chunks;

        /** Takes the envelope's numbers as the contract writes them. */
        public Limits(int version, int maxBytes, int maxDepth, int inflight, int requests, int chunks) {
            this.version = version;
            this.maxBytes = maxBytes;
            this.maxDepth = maxDepth;
            this.inflight = inflight;
            this.requests = requests;
            this.chunks = chunks;
        }
    }

    /** One version of one method. */
    public static final class Method {
        final String name;
        final long mv;
        final int tier;
        final String consent;
        final long timeoutMs;
        final Shape input;
        final Shape output;
        Shape chunk;
        String allowList;
        String allowField;
        Set<String> audit = Collections.emptySet();
        Set<String> failures = Collections.emptySet();

        /** Takes what every method has. */
        public Method(String name, long mv, int tier, String consent, long timeoutMs, Shape input, Shape output) {
            this.name = name;
            this.mv = mv;
            this.tier = tier;
            this.consent = consent;
            this.timeoutMs = timeoutMs;
            this.input = input;
            this.output = output;
        }

        /** Says what a chunk of it looks like. */
        public Method chunk(Shape shape) {
            this.chunk = shape;
            return this;
        }

        /** Says which list of the manifest has to hold which field of the input. */
        public Method allow(String list, String field) {
            this.allowList = list;
            this.allowField = field;
            return this;
        }

        /** Says which input fields the audit may keep. */
        public Method audit(String... fields) {
            this.audit = new HashSet<>(Arrays.asList(fields));
            return this;
        }

        /** Says which errors it may answer besides the common ones. */
        public Method failures(String... codes) {
            this.failures = new HashSet<>(Arrays.asList(codes));
            return this;
        }

        boolean asks() {
            return "ask".equals(consent) || "sheet".equals(consent);
        }

        Json.Obj audited(Json.Obj params) {
            Json.Members kept = Json.object();
            for (Map.Entry<String, Json> member : params.members().entrySet()) {
                if (audit.contains(member.getKey())) {
                    kept.with(member.getKey(), member.getValue());
                }
            }
            return kept.end();
        }
    }

    /** One event. */
    static final class Event {
        final String name;
        final Shape payload;
        final boolean always;

        Event(String name, Shape payload, boolean always) {
            this.name = name;
            this.payload = payload;
            this.always = always;
        }
    }

    private static final class Failure {
        private final boolean common;
        private final boolean retryable;

        Failure(boolean common, boolean retryable) {
            this.common = common;
            this.retryable = retryable;
        }
    }
}
