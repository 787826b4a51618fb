package tidegate.harness;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tidegate.bridge.core.BridgeException;
import tidegate.bridge.core.Call;
import tidegate.bridge.core.Handler;
import tidegate.bridge.core.Json;
import tidegate.bridge.core.Reply;

/** Methods that do what a vector scripts, and remember who called them with what. */
final class Scripted {
    private final Map<String, List<Json>> calls = new LinkedHashMap<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private final Map<String, Handler> handlers = new HashMap<>();

    private static final class Waiting {
        private final Call call;
        private final Reply<Json> reply;

        Waiting(Call call, Reply<Json> reply) {
            this.call = call;
            this.reply = reply;
        }
    }

    Scripted(Json.Obj script) {
        for (Map.Entry<String, Json> entry : script.members().entrySet()) {
            List<Json> acts = entry.getValue().asList();
            if (acts == null || acts.isEmpty()) {
                throw new IllegalArgumentException("a method's script is a list of acts");
            }
            handlers.put(entry.getKey(), (params, call, reply) -> called(acts, params, call, reply));
        }
    }

    Map<String, Handler> handlers() {
        return handlers;
    }

    private void called(List<Json> acts, Json.Obj params, Call call, Reply<Json> reply) {
        List<Json> earlier = calls.computeIfAbsent(call.method(), name -> new ArrayList<>());
        earlier.add(Json.object().with("bundle", call.bundle().bundle()).with("params", params).end());
        Json.Obj act = acts.get(Math.min(earlier.size(), acts.size()) - 1).asObject();
        if (act == null) {
            throw new IllegalArgumentException("an act is an object");
        }
        if (act.has("waits")) {
            waiting.add(new Waiting(call, reply));
        } else {
            perform(act, reply);
        }
    }

    private static void perform(Json.Obj act, Reply<Json> reply) {
        Json thrown = act.get("throws");
        if (thrown == null || thrown.asObject() == null) {
            reply.succeed(act.get("returns"));
            return;
        }
        Json.Obj error = thrown.asObject();
        Json retryable = error.get("retryable");
        boolean told = retryable != null && "boolean".equals(retryable.kind());
        Json details = error.get("details");
        reply.fail(new BridgeException(String.valueOf(error.text("code")), error.text("message"),
                told ? Boolean.valueOf(retryable.isTrue()) : null, details == null ? null : details.asObject()));
    }

    /** Ends the oldest waiting call of a method. */
    void finish(String method, Json.Obj act) {
        Waiting oldest = oldest(method);
        waiting.remove(oldest);
        perform(act, oldest.reply);
    }

    /** Sends a chunk of the oldest waiting call of a method. */
    void chunk(String method, Json payload) {
        oldest(method).call.chunk(payload);
    }

    private Waiting oldest(String method) {
        Iterator<Waiting> each = waiting.iterator();
        while (each.hasNext()) {
            Waiting next = each.next();
            if (next.call.method().equals(method)) {
                return next;
            }
        }
        throw new IllegalArgumentException("no call of " + method + " waits");
    }

    Json calls() {
        Json.Members all = Json.object();
        for (Map.Entry<String, List<Json>> entry : calls.entrySet()) {
            all.with(entry.getKey(), new Json.Arr(entry.getValue()));
        }
        return all.end();
    }
}
