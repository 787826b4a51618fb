package use;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Collections;
import tidegate.bridge.BridgeContract;
import tidegate.bridge.BridgeEvents;
import tidegate.bridge.BridgeHandlers;
import tidegate.bridge.ErrorCode;
import tidegate.bridge.core.Call;
import tidegate.bridge.core.Chance;
import tidegate.bridge.core.ChunkSender;
import tidegate.bridge.core.Dispatcher;
import tidegate.bridge.core.Json;
import tidegate.bridge.core.JsonReader;
import tidegate.bridge.core.Manifest;
import tidegate.bridge.core.Parts;
import tidegate.bridge.core.RawSignature;
import tidegate.bridge.core.Reply;
import tidegate.bridge.core.Timers;
import tidegate.bridge.types.Appearance;
import tidegate.bridge.types.DeviceState;
import tidegate.bridge.types.DeviceStatus;
import tidegate.bridge.types.Locale;
import tidegate.bridge.types.NetAnswer;
import tidegate.bridge.types.NetUpload;
import tidegate.bridge.types.Nothing;
import tidegate.bridge.types.Theme;
import tidegate.bridge.types.TitleBar;
import tidegate.bridge.types.UploadProgress;

/** An app's methods, written against the generated types, and a page that calls them. */
public final class TypedUse {
    private TypedUse() {}

    private static final class App extends Base {
        @Override
        public void uiSetTitleBar(TitleBar input, Call call, Reply<Nothing> reply) {
            System.out.println("title " + input.title() + " leading " + input.leading());
            reply.succeed(Nothing.INSTANCE);
        }

        @Override
        public void netUpload(NetUpload input, Call call, ChunkSender<UploadProgress> chunks, Reply<NetAnswer> reply) {
            chunks.send(UploadProgress.of(1, 2));
            call.onCancel(() -> System.out.println("stopped " + call.id() + " of " + call.bundle().bundle()));
        }

        @Override
        public void deviceStatus(Call call, Reply<DeviceStatus> reply) throws Exception {
            if (call.traceparent() == null) {
                throw ErrorCode.OFFLINE.because("no network");
            }
            DeviceState state = DeviceState.of("SLEEPING");
            System.out.println(state.known() + " is not " + DeviceState.ACTIVE.known());
            reply.succeed(DeviceStatus.builder().state(state).build());
            reply.fail(new IllegalStateException("only the first counts"));
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

    private static final class KnownChance implements Chance {
        @Override
        public String nonce() {
            return "nonce";
        }

        @Override
        public String token() {
            return "token";
        }
    }

    public static void main(String[] arguments) throws Exception {
        String permissions = "{\"ui.setTitleBar\":1,\"net.upload\":1,\"device.status\":1,\"scan.code\":1}";
        Json.Obj manifest = JsonReader.trusted("{\"bundle\":\"wealth\",\"version\":\"1.0.0\",\"permissions\":" + permissions
                + ",\"events\":[\"theme.changed\"],\"ops\":[\"a.b\"]}", 8).asObject();
        Dispatcher dispatcher = new Dispatcher(new Parts(BridgeContract.contract(), Manifest.of(manifest, null))
                .methods(BridgeHandlers.of(new App(), "scan.code")).policy(manifest.get("permissions").asObject().members().keySet())
                .port(System.out::println).audit(entry -> {}).timers(new NoTime()).chance(new KnownChance())
                .thread(Runnable::run).host("android", "8.2.0"));
        BridgeEvents events = new BridgeEvents(dispatcher);
        events.themeChanged(Appearance.of(Locale.EN, Theme.DARK));
        dispatcher.start();
        String zeros = String.join("", Collections.nCopies(64, "0"));
        dispatcher.receive("{\"v\":1,\"t\":\"hello\",\"nonce\":\"nonce\",\"sdk\":\"use\",\"contract\":\"1.1\",\"hash\":\"sha256-"
                + zeros + "\",\"need\":{\"scan.code\":1},\"want\":{}}");
        request(dispatcher, 1, "ui.setTitleBar", "{\"title\":\"<b>\",\"leading\":\"close\"}", "");
        request(dispatcher, 2, "device.status", "{}", "");
        request(dispatcher, 3, "device.status", "{}", ",\"traceparent\":\"00-" + zeros.substring(32) + "-" + zeros.substring(48) + "-00\"");
        request(dispatcher, 4, "net.upload", "{\"op\":\"a.b\",\"fileToken\":\"fil_1234\"}", "");
        request(dispatcher, 5, "scan.code", "{}", "");
        dispatcher.receive("{\"v\":1,\"t\":\"cancel\",\"s\":\"token\",\"n\":6,\"id\":\"r4\"}");
        System.out.println(TitleBar.builder().title("a").build().equals(TitleBar.builder().title("a").build()));
        signatures();
        try {
            TitleBar.builder().build();
        } catch (NullPointerException error) {
            System.out.println("missing " + error.getMessage());
        }
    }

    private static void request(Dispatcher dispatcher, int number, String method, String params, String more) {
        dispatcher.receive("{\"v\":1,\"t\":\"req\",\"s\":\"token\",\"n\":" + number + ",\"id\":\"r" + number + "\",\"m\":\"" + method
                + "\",\"mv\":1,\"p\":" + params + more + "}");
    }

    /** What the runtime signs goes to the wire's form and back without a loss. */
    private static void signatures() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        int same = 0;
        for (int round = 0; round < 300; round += 1) {
            Signature signer = Signature.getInstance("SHA256withECDSA");
            signer.initSign(pair.getPrivate());
            signer.update((byte) round);
            byte[] der = signer.sign();
            byte[] raw = RawSignature.fromDer(der);
            Signature verifier = Signature.getInstance("SHA256withECDSA");
            verifier.initVerify(pair.getPublic());
            verifier.update((byte) round);
            boolean low = Arrays.equals(RawSignature.fromDer(RawSignature.toDer(raw)), raw);
            same += raw.length == 64 && low && verifier.verify(RawSignature.toDer(raw)) ? 1 : 0;
        }
        System.out.println(same + " signatures verify in the wire's form");
        byte[][] wrong = {{}, new byte[64], {0x30, 6, 2, 1, 0, 2, 1, 1}, {0x30, 6, 2, 1, 1, 2, 1, -1}, {0x30, 7, 2, 2, 0, 1, 2, 1, 1}};
        int refused = 0;
        for (byte[] each : wrong) {
            try {
                RawSignature.fromDer(each);
            } catch (IllegalArgumentException error) {
                refused += 1;
            }
        }
        System.out.println(refused + " of " + wrong.length + " refused");
    }
}
