package use;

import android.webkit.WebView;
import java.util.Collections;
import tidegate.bridge.BridgeContract;
import tidegate.bridge.android.MainThread;
import tidegate.bridge.android.SecureChance;
import tidegate.bridge.android.WebViewBridge;
import tidegate.bridge.core.Chance;
import tidegate.bridge.core.Dispatcher;
import tidegate.bridge.core.Json;
import tidegate.bridge.core.Manifest;
import tidegate.bridge.core.Parts;

/** The Java adapter under the pages of {@link AdapterUse}. */
public final class JavaAdapter {
    private JavaAdapter() {}

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

    private static final class Adapted implements AdapterUse.Adapter {
        private final WebViewBridge bridge;

        Adapted(WebView view, String origin) {
            MainThread main = new MainThread();
            Json.Obj permissions = Json.object().end();
            Json.Obj manifest = Json.object().with("bundle", "wealth").with("version", "1.0.0")
                    .with("permissions", permissions).end();
            bridge = new WebViewBridge(view, origin, port -> new Dispatcher(
                    new Parts(BridgeContract.contract(), Manifest.of(manifest, null)).port(port).audit(Adapted::tell).timers(main)
                            .thread(main).chance(new KnownChance()).host("android", "1.0.0").methods(Collections.emptyMap())),
                    Adapted::tell, main);
        }

        private static void tell(Json.Obj entry) {
            System.out.println("audit " + entry.text("kind") + " " + entry.text("code") + " " + entry.text("reason"));
        }

        @Override
        public boolean attach() {
            return bridge.attach();
        }

        @Override
        public void pageBegins() {
            bridge.pageBegins();
        }

        @Override
        public void pageEnds() {
            bridge.pageEnds();
        }

        @Override
        public void detach() {
            bridge.detach();
        }
    }

    public static void main(String[] arguments) {
        SecureChance chance = new SecureChance();
        System.out.println(chance.nonce().length() + " " + !chance.token().equals(chance.token()));
        AdapterUse.play(Adapted::new);
    }
}
