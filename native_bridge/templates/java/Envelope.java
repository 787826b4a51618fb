@HEADER@
package tidegate.bridge.core;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A message of the page: one JSON object with exactly the members of its kind. */
final class Envelope {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,32}");
    private static final Pattern METHOD = Pattern.compile("[A-Za-z][A-Za-z0-9.]{0,63}");
    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,3}\\.(?:0|[1-9][0-9]{0,3})");
    private static final Pattern HASH = Pattern.compile("sha256-[0-9a-f]{64}");
    private static final Pattern TRACE = Pattern.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
    private static final int SHORT = 64;
    private static final int MOST_METHODS = 64;
    private static final long MOST_MS = 900000;
    private static final Map<String, Set<String>> MEMBERS = members();
    private static final Set<String> OPTIONAL = set("s", "timeoutMs", "traceparent");
    private final Json.Obj message;

    private Envelope(Json.Obj message) {
        this.message = message;
    }

    private static Set<String> set(String... names) {
        return Collections.unmodifiableSet(new HashSet<>(Arrays.asList(names)));
    }

    private static Map<String, Set<String>> members() {
        Map<String, Set<String>> members = new HashMap<>();
        members.put("hello", set("nonce", "sdk", "contract", "hash", "need", "want"));
        members.put("req", set("s", "n", "id", "m", "mv", "p", "timeoutMs", "traceparent"));
        members.put("cancel", set("s", "n", "id"));
        members.put("ping", set("n"));
        members.put("pong", set("n"));
        return members;
    }

    /** Reads a text. */
    static Envelope read(String raw, Contract.Limits limits) throws EnvelopeException {
        if (raw == null) {
            throw new EnvelopeException("ENVELOPE_INVALID", "a message is a string", null);
        }
        if (raw.length() > limits.maxBytes || JsonWriter.utf8Length(raw) > limits.maxBytes) {
            throw new EnvelopeException("TOO_LARGE", "a message may have " + limits.maxBytes + " bytes", null);
        }
        Json.Obj message = parsed(raw, limits.maxDepth).asObject();
        if (message == null) {
            throw new EnvelopeException("ENVELOPE_INVALID", "a message is an object", null);
        }
        String id = "req".equals(message.text("t")) && fits(ID, message.get("id")) ? message.text("id") : null;
        Json version = message.get("v");
        if (version == null || !version.isWhole() || version.asWhole() != limits.version) {
            throw new EnvelopeException("VERSION_UNSUPPORTED", "another version of the envelope", id);
        }
        checkMembers(message, id);
        return new Envelope(message);
    }

    static boolean isVersion(String text) {
        return VERSION.matcher(text).matches();
    }

    private static Json parsed(String raw, int maxDepth) throws EnvelopeException {
        try {
            return JsonReader.strict(raw, maxDepth);
        } catch (JsonException error) {
            throw new EnvelopeException("ENVELOPE_INVALID", error.getMessage(), null);
        }
    }

    private static void checkMembers(Json.Obj message, String id) throws EnvelopeException {
        String kind = message.text("t");
        Set<String> members = kind == null ? null : MEMBERS.get(kind);
        if (members == null) {
            throw new EnvelopeException("ENVELOPE_INVALID", "no such kind of message", id);
        }
        for (String name : message.members().keySet()) {
            if (!"v".equals(name) && !"t".equals(name) && !members.contains(name)) {
                throw new EnvelopeException("ENVELOPE_INVALID", "a member that the envelope does not have", id);
            }
        }
        for (String name : members) {
            Json given = message.get(name);
            if (given == null ? !OPTIONAL.contains(name) : !fits(name, given)) {
                throw new EnvelopeException("ENVELOPE_INVALID", name + " is missing or wrong", id);
            }
        }
    }

    private static boolean fits(String name, Json value) {
        switch (name) {
            case "nonce":
            case "sdk":
                return value.asText() != null && value.asText().length() <= SHORT;
            case "contract":
                return fits(VERSION, value);
            case "hash":
                return fits(HASH, value);
            case "need":
            case "want":
                return isVersions(value);
            case "n":
            case "mv":
                return value.isWhole() && value.asWhole() >= 0;
            case "id":
                return fits(ID, value);
            case "m":
                return fits(METHOD, value);
            case "p":
                return value.asObject() != null;
            case "timeoutMs":
                return value.isWhole() && value.asWhole() >= 1 && value.asWhole() <= MOST_MS;
            case "traceparent":
                return fits(TRACE, value);
            default:
                return true;
        }
    }

    private static boolean fits(Pattern pattern, Json value) {
        return value != null && value.asText() != null && pattern.matcher(value.asText()).matches();
    }

    private static boolean isVersions(Json value) {
        if (value.asObject() == null || value.asObject().members().size() > MOST_METHODS) {
            return false;
        }
        for (Map.Entry<String, Json> entry : value.asObject().members().entrySet()) {
            Json version = entry.getValue();
            if (!METHOD.matcher(entry.getKey()).matches() || !version.isWhole() || version.asWhole() < 1) {
                return false;
            }
        }
        return true;
    }

    String kind() {
        return message.text("t");
    }

    String text(String name) {
        return message.text(name);
    }

    long whole(String name) {
        return message.get(name).asWhole();
    }

    boolean has(String name) {
        return message.has(name);
    }

    Json.Obj object(String name) {
        return message.get(name).asObject();
    }

    boolean isRequest() {
        return "req".equals(kind());
    }
}
