package tidegate.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tidegate.bridge.BridgeContract;
import tidegate.bridge.core.Chance;
import tidegate.bridge.core.Dispatcher;
import tidegate.bridge.core.Json;
import tidegate.bridge.core.JsonException;
import tidegate.bridge.core.JsonReader;
import tidegate.bridge.core.JsonWriter;
import tidegate.bridge.core.Manifest;
import tidegate.bridge.core.Parts;
import tidegate.bridge.core.WindowJudge;

/** Speaks the vectors' protocol over standard input and output, so that the emitted Java core can be proved. */
public final class Harness {
    private static final int MAX_DEPTH = 400;
    private final List<Json> sent = new ArrayList<>();
    private final List<Json> audit = new ArrayList<>();
    private SteppedTimers timers = new SteppedTimers();
    private Scripted scripted;
    private Dispatcher dispatcher;

    private Harness() {}

    /** Answers one line for each line of the input, and ends when it ends. */
    public static void main(String[] arguments) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        Harness harness = new Harness();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.print(JsonWriter.plain(harness.answer(line)) + "\n");
            out.flush();
        }
    }

    private Json answer(String line) {
        try {
            Json.Obj command = JsonReader.trusted(line, MAX_DEPTH).asObject();
            if (command == null) {
                return error("a command is an object");
            }
            return obeyed(command);
        } catch (JsonException | GeneralSecurityException | RuntimeException failure) {
            return error(failure.getClass().getSimpleName() + ": " + failure.getMessage());
        }
    }

    private static Json error(String message) {
        return Json.object().with("error", message).end();
    }

    private Json obeyed(Json.Obj command) throws GeneralSecurityException {
        String name = String.valueOf(command.text("do"));
        switch (name) {
            case "about":
                return Json.object().with("protocol", 1).with("language", "java").with("contract", BridgeContract.HASH)
                        .with("can", texts("session", "window", "verify")).end();
            case "open":
                open(command);
                return sent();
            case "window":
                return judged(command);
            case "verify":
                return Json.object().with("valid", Signatures.verifies(command)).end();
            default:
                return inSession(name, command);
        }
    }

    private static Json texts(String... texts) {
        List<Json> all = new ArrayList<>();
        for (String text : texts) {
            all.add(Json.of(text));
        }
        return new Json.Arr(all);
    }

    private Json inSession(String name, Json.Obj command) {
        if (!Arrays.asList("receive", "finish", "chunk", "wait", "emit", "revoke", "end", "close").contains(name)) {
            return error("no such command");
        }
        if (dispatcher == null) {
            return error("no session is open");
        }
        switch (name) {
            case "receive":
                dispatcher.receive(command.text("raw"));
                break;
            case "finish":
                scripted.finish(required(command, "method"), command);
                break;
            case "chunk":
                scripted.chunk(required(command, "method"), command.get("payload"));
                break;
            case "wait":
                timers.advance(command.has("ms") ? command.get("ms").asWhole() : 0);
                break;
            case "emit":
                dispatcher.emit(required(command, "event"), command.get("payload"));
                break;
            case "revoke":
                dispatcher.revoke(required(command, "method"));
                break;
            case "end":
                dispatcher.end(required(command, "reason"));
                break;
            default:
                return Json.object().with("calls", scripted.calls()).with("audit", new Json.Arr(audit)).end();
        }
        return sent();
    }

    private void open(Json.Obj command) {
        sent.clear();
        audit.clear();
        timers = new SteppedTimers();
        scripted = new Scripted(object(command, "methods"));
        Parts parts = new Parts(BridgeContract.contract(), Manifest.of(object(command, "manifest"), null))
                .port(text -> sent.add(Json.of(text))).audit(audit::add).timers(timers).chance(new KnownChance())
                .thread(Runnable::run).host("browser", "1.0.0").methods(scripted.handlers())
                .policy(names(command, "policy")).killList(names(command, "killList"));
        dispatcher = new Dispatcher(parts);
        dispatcher.start();
    }

    private Json sent() {
        Json all = new Json.Arr(sent);
        sent.clear();
        return Json.object().with("sent", all).end();
    }

    private static Json judged(Json.Obj command) {
        Json source = command.get("source");
        String reason = WindowJudge.refusal(source != null && source.isTrue(), command.text("origin"), command.get("data"),
                command.text("expectedOrigin"), command.text("state"));
        Json.Members verdict = Json.object().with("accept", reason.isEmpty());
        return reason.isEmpty() ? verdict.end() : verdict.with("reason", reason).end();
    }

    private static Json.Obj object(Json.Obj command, String name) {
        Json value = command.get(name);
        if (value == null || value.asObject() == null) {
            throw new IllegalArgumentException(name + " is an object");
        }
        return value.asObject();
    }

    private static String required(Json.Obj command, String name) {
        String text = command.text(name);
        if (text == null) {
            throw new IllegalArgumentException(name + " is a text");
        }
        return text;
    }

    private static List<String> names(Json.Obj command, String name) {
        List<String> names = new ArrayList<>();
        Json list = command.get(name);
        if (list == null || list.asList() == null) {
            throw new IllegalArgumentException(name + " is a list");
        }
        for (Json item : list.asList()) {
            names.add(item.asText());
        }
        return names;
    }

    private static final class KnownChance implements Chance {
        @Override
        public String nonce() {
            return "VECTOR-NONCE";
        }

        @Override
        public String token() {
            return "VECTOR-TOKEN";
        }
    }
}
