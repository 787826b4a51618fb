package use;

import android.net.Uri;
import android.os.Handler;
import android.webkit.WebView;
import androidx.webkit.JavaScriptReplyProxy;
import androidx.webkit.WebMessageCompat;
import androidx.webkit.WebViewCompat;
import androidx.webkit.WebViewFeature;
import java.util.Collections;

/** A web view whose pages speak to the adapter, rightly and wrongly. Both languages' adapters have to pass it alike. */
final class AdapterUse {
    static final String ORIGIN = "https://wealth.h5.bank.example";
    private static final String GREETING = "{\"tidegate\":\"page-hello\"}";
    private static final WebView VIEW = new WebView();

    private AdapterUse() {}

    /** What both adapters offer. */
    interface Adapter {
        boolean attach();

        void pageBegins();

        void pageEnds();

        void detach();
    }

    /** Makes an adapter on a view. */
    interface Making {
        Adapter on(WebView view, String origin);
    }

    static void play(Making making) {
        refusesOrigins(making);
        Adapter adapter = making.on(VIEW, ORIGIN);
        step("attach " + adapter.attach() + " as " + WebViewCompat.object + " for " + WebViewCompat.origins);
        adapter.pageBegins();
        adapter.pageEnds();
        step("strangers");
        say(VIEW, GREETING, ORIGIN, false);
        say(new WebView(), GREETING, ORIGIN, true);
        say(VIEW, GREETING, ORIGIN + ".evil.example", true);
        say(VIEW, GREETING, "null", true);
        say(VIEW, null, ORIGIN, true);
        say(VIEW, "{\"tidegate\":\"loader-hello\"}", ORIGIN, true);
        step("the page");
        say(VIEW, GREETING, ORIGIN, true);
        say(VIEW, hello(), ORIGIN, true);
        Handler.advance(3000);
        say(VIEW, "{\"v\":1,\"t\":\"ping\",\"n\":1}", ORIGIN, false);
        say(VIEW, "{\"v\":1,\"t\":\"ping\",\"n\":2}", ORIGIN, true);
        say(VIEW, null, ORIGIN, true);
        step("navigation");
        adapter.pageBegins();
        say(VIEW, "{\"v\":1,\"t\":\"ping\",\"n\":3}", ORIGIN, true);
        step("a listener that drops answers");
        adapter.pageEnds();
        say(VIEW, GREETING, ORIGIN, true);
        Handler.advance(3000);
        WebViewCompat.callback.onMessage(WebViewCompat.ours, new WebMessageCompat(hello()));
        say(VIEW, GREETING, ORIGIN, true);
        Handler.advance(3000);
        step("a page that is silent on both");
        adapter.pageBegins();
        adapter.pageEnds();
        Handler.advance(3000);
        Handler.advance(3000);
        adapter.detach();
        step("no listener");
        WebViewFeature.ABSENT.add(WebViewFeature.WEB_MESSAGE_LISTENER);
        Adapter old = making.on(VIEW, ORIGIN);
        step("attach " + old.attach());
        old.pageEnds();
        old.pageEnds();
        old.detach();
        step("neither");
        WebViewFeature.ABSENT.add(WebViewFeature.POST_WEB_MESSAGE);
        step("attach " + making.on(VIEW, ORIGIN).attach());
    }

    private static void refusesOrigins(Making making) {
        for (String origin : new String[] {"*", "http://wealth.h5.bank.example", ORIGIN + "/", "https://a@b.example"}) {
            try {
                making.on(VIEW, origin);
                step("taken " + origin);
            } catch (IllegalArgumentException error) {
                step("refused " + origin);
            }
        }
    }

    private static void step(String text) {
        System.out.println("- " + text);
    }

    private static void say(WebView view, String text, String origin, boolean isMainFrame) {
        WebViewCompat.listener.onPostMessage(view, new WebMessageCompat(text), Uri.parse(origin), isMainFrame, new Proxy());
    }

    private static String hello() {
        String zeros = String.join("", Collections.nCopies(64, "0"));
        return "{\"v\":1,\"t\":\"hello\",\"nonce\":\"nonce\",\"sdk\":\"use\",\"contract\":\"1.1\",\"hash\":\"sha256-" + zeros
                + "\",\"need\":{},\"want\":{}}";
    }

    private static final class Proxy extends JavaScriptReplyProxy {
        @Override
        public void postMessage(String message) {
            System.out.println("proxy " + message);
        }
    }
}
