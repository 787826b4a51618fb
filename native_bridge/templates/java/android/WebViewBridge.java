@HEADER@
package tidegate.bridge.android;

import android.net.Uri;
import android.webkit.WebView;
import androidx.webkit.JavaScriptReplyProxy;
import androidx.webkit.WebMessageCompat;
import androidx.webkit.WebMessagePortCompat;
import androidx.webkit.WebViewCompat;
import androidx.webkit.WebViewFeature;
import java.util.Collections;
import tidegate.bridge.core.Audit;
import tidegate.bridge.core.Dispatcher;
import tidegate.bridge.core.Json;
import tidegate.bridge.core.JsonException;
import tidegate.bridge.core.JsonReader;
import tidegate.bridge.core.Port;
import tidegate.bridge.core.Timers;
import tidegate.bridge.core.WindowJudge;

/**
 * Ties sessions to one web view and the one origin of the bundle that is opened in it.
 *
 * <p>Every message is held against the web view, the main frame and the exact origin, and answered on its own reply
 * proxy. A WebView that claims the listener and drops messages is found by a round trip: when no session lives soon after
 * the page was loaded, a port is handed to the same origin instead. Where neither works there is no bridge. It never adds
 * a JavaScript interface, which every frame would get. Use it on the main thread.
 */
public final class WebViewBridge {
    /** Name of the object that a page of the bundle finds. */
    public static final String OBJECT = "tidegate";

    /** How a page knows the message that carries its port. */
    public static final String HAND_OVER = "tidegate-port";

    /** How long a page may take for its round trip. */
    public static final long PROBE_MS = 3000;

    private static final int GREETING_DEPTH = 2;
    private final WebView view;
    private final String origin;
    private final Sessions sessions;
    private final Audit audit;
    private final Timers timers;
    private Dispatcher dispatcher;
    private JavaScriptReplyProxy proxy;
    private WebMessagePortCompat port;
    private Timers.Timer probe;
    private boolean handedOver;

    /** Makes the session of one document. */
    public interface Sessions {
        /** Gives a dispatcher that sends through this port and is not started. */
        Dispatcher open(Port port);
    }

    /**
     * Prepares a web view.
     *
     * @param origin of the verified bundle, https and nothing after the host
     * @throws IllegalArgumentException when it is not one exact origin
     */
    public WebViewBridge(WebView view, String origin, Sessions sessions, Audit audit, Timers timers) {
        if (!WindowJudge.sameOrigin(origin, origin) || !origin.startsWith("https://")) {
            throw new IllegalArgumentException("a bundle is opened from one exact https origin");
        }
        this.view = view;
        this.origin = origin;
        this.sessions = sessions;
        this.audit = audit;
        this.timers = timers;
    }

    /** Listens; call it before anything is loaded. Gives false when this WebView has no way that could be trusted. */
    public boolean attach() {
        if (WebViewFeature.isFeatureSupported(WebViewFeature.WEB_MESSAGE_LISTENER)) {
            WebViewCompat.addWebMessageListener(view, OBJECT, Collections.singleton(origin), this::hear);
            return true;
        }
        if (!hasPorts()) {
            drop("METHOD_UNSUPPORTED", "this WebView has no channel that tells frames and origins");
            return false;
        }
        return true;
    }

    /** Ends the session; call it from onPageStarted: the document before is gone. */
    public void pageBegins() {
        close("navigation");
        handedOver = false;
    }

    /** Starts the probe; call it from onPageFinished, which may come more than once for a document. */
    public void pageEnds() {
        if (handedOver) {
            return;
        }
        if (probe != null) {
            probe.cancel();
        }
        if (WebViewFeature.isFeatureSupported(WebViewFeature.WEB_MESSAGE_LISTENER)) {
            probe = timers.start(PROBE_MS, this::probed);
        } else {
            handOver();
        }
    }

    /** Ends the session for good; call it before the web view is destroyed. */
    public void detach() {
        close("the view is gone");
        if (WebViewFeature.isFeatureSupported(WebViewFeature.WEB_MESSAGE_LISTENER)) {
            WebViewCompat.removeWebMessageListener(view, OBJECT);
        }
    }

    private void hear(WebView from, WebMessageCompat message, Uri source, boolean isMainFrame, JavaScriptReplyProxy reply) {
        boolean ownFrame = from == view && isMainFrame;
        String told = source.toString();
        String text = message.getType() == WebMessageCompat.TYPE_STRING ? message.getData() : null;
        if (dispatcher != null && !handedOver && ownFrame && WindowJudge.sameOrigin(told, origin)) {
            proxy = reply;
            dispatcher.receive(text);
            return;
        }
        String state = dispatcher == null && !handedOver ? "entering" : "live";
        String refusal = WindowJudge.refusal(ownFrame, told, greeting(text), origin, state);
        if (!refusal.isEmpty()) {
            drop("", refusal);
            return;
        }
        proxy = reply;
        dispatcher = sessions.open(answer -> proxy.postMessage(answer));
        dispatcher.start();
    }

    private static Json greeting(String text) {
        try {
            return text == null ? Json.NULL : JsonReader.strict(text, GREETING_DEPTH);
        } catch (JsonException error) {
            return Json.NULL;
        }
    }

    private void probed() {
        if (dispatcher != null && dispatcher.state() == Dispatcher.State.LIVE) {
            return;
        }
        close("no round trip");
        if (!handedOver && hasPorts()) {
            handOver();
        } else {
            drop("METHOD_UNSUPPORTED", "the page and this WebView do not reach each other");
        }
    }

    /** Gives the page one end of a pair of ports; only a document of the origin gets it. */
    private void handOver() {
        if (!hasPorts()) {
            return;
        }
        handedOver = true;
        WebMessagePortCompat[] pair = WebViewCompat.createWebMessageChannel(view);
        WebMessagePortCompat ours = pair[0];
        Dispatcher session = sessions.open(text -> ours.postMessage(new WebMessageCompat(text)));
        ours.setWebMessageCallback(new WebMessagePortCompat.WebMessageCallbackCompat() {
            @Override
            public void onMessage(WebMessagePortCompat from, WebMessageCompat message) {
                session.receive(message == null ? null : message.getData());
            }
        });
        WebMessageCompat carrier = new WebMessageCompat(HAND_OVER, new WebMessagePortCompat[] {pair[1]});
        WebViewCompat.postWebMessage(view, carrier, Uri.parse(origin));
        port = ours;
        dispatcher = session;
        session.start();
        probe = timers.start(PROBE_MS, this::probed);
    }

    private static boolean hasPorts() {
        return WebViewFeature.isFeatureSupported(WebViewFeature.CREATE_WEB_MESSAGE_CHANNEL)
                && WebViewFeature.isFeatureSupported(WebViewFeature.POST_WEB_MESSAGE)
                && WebViewFeature.isFeatureSupported(WebViewFeature.WEB_MESSAGE_PORT_POST_MESSAGE)
                && WebViewFeature.isFeatureSupported(WebViewFeature.WEB_MESSAGE_PORT_SET_MESSAGE_CALLBACK);
    }

    private void close(String reason) {
        if (probe != null) {
            probe.cancel();
        }
        if (dispatcher != null) {
            dispatcher.end(reason);
        }
        if (port != null) {
            port.close();
        }
        probe = null;
        dispatcher = null;
        proxy = null;
        port = null;
    }

    private void drop(String code, String reason) {
        audit.record(Json.object().with("at", timers.now()).with("kind", "drop").with("ok", false).with("code", code)
                .with("reason", reason).end());
    }
}
