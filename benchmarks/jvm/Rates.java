package rates;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import tidegate.bridge.BridgeContract;
import tidegate.bridge.core.Chance;
import tidegate.bridge.core.Dispatcher;
import tidegate.bridge.core.Handler;
import tidegate.bridge.core.Json;
import tidegate.bridge.core.JsonException;
import tidegate.bridge.core.JsonReader;
import tidegate.bridge.core.JsonWriter;
import tidegate.bridge.core.Manifest;
import tidegate.bridge.core.Parts;
import tidegate.bridge.core.Timers;

/** Measures what it is asked for, one line at a time: a case's name in, how often and how many seconds out. */
public final class Rates {
    private static final int SMALL = 20000;
    private static final int LARGE = 150;
    private static final int LARGE_TEXT = 200000;
    private static final String HEAD = "{\"v\":1,\"t\":\"req\",\"s\":\"token\",\"n\":%d,\"id\":\"r%d\",\"m\":\"%s\",\"mv\":1,\"p\":%s}";
    private static long written;

    private Rates() {}

    private static final class Chances implements Chance {
        @Override
        public String nonce() {
            return "nonce";
        }

        @Override
        public String token() {
            return "token";
        }
    }

    private static final class NoTime implements Timers {
        @Override
        public long now() {
            return 0;
        }

        @Override
        public Timer start(long milliseconds, Runnable run) {
            return () -> {};
        }
    }

    /** What a page sends in one case, and what comes back. */
    private static final class Load {
        private final String[] requests;
        private final Json answer;
        private final Json.Obj result;

        Load(int count, String method, String params, Json.Obj result) {
            requests = new String[count];
            for (int index = 0; index < count; index += 1) {
                requests[index] = String.format(HEAD, index, index, method, params);
            }
            this.result = result;
            this.answer = Json.object().with("v", 1).with("t", "res").with("id", "r1").with("ok", true).with("r", result).end();
        }
    }

    /** Answers each line of the input. */
    public static void main(String[] arguments) throws IOException, JsonException {
        String text = String.join("", Collections.nCopies(LARGE_TEXT / 10, "0123<é字\\n"));
        Json body = Json.object().with("text", Json.of(text.replace("\\n", "\n"))).end();
        Json.Obj stored = Json.object().with("value", Json.object().with("amountFen", 5000000).with("product", "JMG-WY90").end()).end();
        Map<String, Load> loads = new HashMap<>();
        loads.put("small", new Load(SMALL, "store.get", "{\"key\":\"draft.order\"}", stored));
        loads.put("large", new Load(LARGE, "net.request", "{\"op\":\"a.b\",\"body\":{\"text\":\"" + text.substring(0, LARGE_TEXT / 2) + "\"}}",
                Json.object().with("status", 200).with("body", body).end()));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] asked = line.split(" ");
            Load load = loads.get(asked[1]);
            Dispatcher dispatcher = session(load.result);
            long begun = System.nanoTime();
            for (String request : load.requests) {
                once(asked[0], dispatcher, load, request);
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            System.out.println(load.requests.length + " " + seconds);
        }
    }

    private static void once(String way, Dispatcher dispatcher, Load load, String request) throws JsonException {
        if ("dispatch".equals(way)) {
            dispatcher.receive(request);
        } else if ("bare".equals(way)) {
            written += JsonReader.strict(request, 32).kind().length() + JsonWriter.inert(load.answer).length();
        } else {
            throw new IllegalArgumentException("no such way: " + way);
        }
    }

    private static Dispatcher session(Json.Obj result) {
        Json.Obj permissions = Json.object().with("store.get", 1).with("net.request", 1).end();
        Json.Obj manifest = Json.object().with("bundle", "wealth").with("version", "1.0.0").with("permissions", permissions)
                .with("ops", new Json.Arr(Collections.singletonList(Json.of("a.b")))).end();
        Map<String, Handler> methods = new HashMap<>();
        for (String name : permissions.members().keySet()) {
            methods.put(name, (params, call, reply) -> reply.succeed(result));
        }
        Dispatcher dispatcher = new Dispatcher(new Parts(BridgeContract.contract(), Manifest.of(manifest, null)).methods(methods)
                .policy(methods.keySet()).port(Rates::count).audit(entry -> {}).timers(new NoTime()).chance(new Chances())
                .thread(Runnable::run).host("bench", "1.0.0"));
        dispatcher.start();
        dispatcher.receive("{\"v\":1,\"t\":\"hello\",\"nonce\":\"nonce\",\"sdk\":\"bench\",\"contract\":\"" + BridgeContract.VERSION
                + "\",\"hash\":\"" + BridgeContract.HASH + "\",\"need\":{},\"want\":{}}");
        return dispatcher;
    }

    /** Fails when an answer is no success, so that nothing but whole calls is measured. */
    private static void count(String text) {
        written += text.length();
        if (text.contains("\"ok\":false") || text.startsWith("{\"v\":1,\"t\":\"err\"")) {
            throw new IllegalStateException(text.substring(0, Math.min(200, text.length())));
        }
    }
}
