package androidx.webkit;

import android.net.Uri;
import android.webkit.WebView;
import java.util.Set;

/** Stands in for that of androidx.webkit, and keeps what was asked of it. */
public class WebViewCompat {
    /** The listener, its object and its origins: for tests alone. */
    public static WebMessageListener listener;
    public static String object;
    public static Set<String> origins;

    /** The host's end of the last pair of ports: for tests alone. */
    public static WebMessagePortCompat ours;

    /** What hears the page's port: for tests alone. */
    public static WebMessagePortCompat.WebMessageCallbackCompat callback;

    private WebViewCompat() {}

    /** Hears messages of pages. */
    public interface WebMessageListener {
        void onPostMessage(WebView view, WebMessageCompat message, Uri sourceOrigin, boolean isMainFrame,
                JavaScriptReplyProxy replyProxy);
    }

    public static void addWebMessageListener(WebView view, String jsObjectName, Set<String> allowedOriginRules,
            WebMessageListener heard) {
        listener = heard;
        object = jsObjectName;
        origins = allowedOriginRules;
    }

    public static void removeWebMessageListener(WebView view, String jsObjectName) {
        listener = null;
    }

    public static WebMessagePortCompat[] createWebMessageChannel(WebView view) {
        ours = new KeptPort();
        return new WebMessagePortCompat[] {ours, new KeptPort()};
    }

    public static void postWebMessage(WebView view, WebMessageCompat message, Uri targetOrigin) {
        System.out.println("posted " + message.getData() + " with " + message.getPorts().length + " port to " + targetOrigin);
    }

    private static final class KeptPort extends WebMessagePortCompat {
        @Override
        public void postMessage(WebMessageCompat message) {
            System.out.println("port " + message.getData());
        }

        @Override
        public void close() {
            System.out.println("port closed");
        }

        @Override
        public void setWebMessageCallback(WebMessageCallbackCompat heard) {
            callback = heard;
        }
    }
}
