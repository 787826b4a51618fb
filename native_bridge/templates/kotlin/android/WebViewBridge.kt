@HEADER@
package tidegate.bridge.android

import android.net.Uri
import android.webkit.WebView
import androidx.webkit.JavaScriptReplyProxy
import androidx.webkit.WebMessageCompat
import androidx.webkit.WebMessagePortCompat
import androidx.webkit.WebViewCompat
import androidx.webkit.WebViewFeature
import tidegate.bridge.core.Audit
import tidegate.bridge.core.Dispatcher
import tidegate.bridge.core.Json
import tidegate.bridge.core.JsonException
import tidegate.bridge.core.Port
import tidegate.bridge.core.Timers
import tidegate.bridge.core.greetingRefusal
import tidegate.bridge.core.json
import tidegate.bridge.core.jsonObject
import tidegate.bridge.core.readStrictJson
import tidegate.bridge.core.sameOrigin

/**
 * Ties sessions to one web view and the one [origin] of the bundle that is opened in it.
 *
 * Every message is held against the web view, the main frame and the exact origin, and answered on its own reply proxy. A
 * WebView that claims the listener and drops messages is found by a round trip: when no session lives soon after the page
 * was loaded, a port is handed to the same origin instead. Where neither works there is no bridge. It never adds a
 * JavaScript interface, which every frame would get. Use it on the main thread.
 *
 * @param open makes the session of one document, not yet started
 * @throws IllegalArgumentException when [origin] is not one exact https origin
 */
public class WebViewBridge(
    private val view: WebView,
    private val origin: String,
    private val audit: Audit,
    private val timers: Timers,
    private val open: (Port) -> Dispatcher,
) {
    private var dispatcher: Dispatcher? = null
    private var proxy: JavaScriptReplyProxy? = null
    private var port: WebMessagePortCompat? = null
    private var probe: Timers.Timer? = null
    private var handedOver = false

    init {
        val exact = sameOrigin(origin, origin) && origin.startsWith("https://")
        require(exact) { "a bundle is opened from one exact https origin" }
    }

    /** Listens; call it before anything is loaded. Gives false when this WebView has no way that could be trusted. */
    public fun attach(): Boolean {
        if (hasListener()) {
            WebViewCompat.addWebMessageListener(view, OBJECT, setOf(origin), ::hear)
            return true
        }
        if (!hasPorts()) drop("METHOD_UNSUPPORTED", "this WebView has no channel that tells frames and origins")
        return hasPorts()
    }

    /** Ends the session; call it from onPageStarted: the document before is gone. */
    public fun pageBegins() {
        close("navigation")
        handedOver = false
    }

    /** Starts the probe; call it from onPageFinished, which may come more than once for a document. */
    public fun pageEnds() {
        if (handedOver) return
        probe?.cancel()
        if (hasListener()) probe = timers.start(PROBE_MS, ::probed) else handOver()
    }

    /** Ends the session for good; call it before the web view is destroyed. */
    public fun detach() {
        close("the view is gone")
        if (hasListener()) WebViewCompat.removeWebMessageListener(view, OBJECT)
    }

    private fun hear(from: WebView, message: WebMessageCompat, source: Uri, isMainFrame: Boolean, reply: JavaScriptReplyProxy) {
        val ownFrame = from === view && isMainFrame
        val told: String = source.toString()
        val text: String? = if (message.type == WebMessageCompat.TYPE_STRING) message.data else null
        val running = dispatcher
        if (running != null && !handedOver && ownFrame && sameOrigin(told, origin)) {
            proxy = reply
            running.receive(text)
            return
        }
        val state = if (running == null && !handedOver) "entering" else "live"
        val refusal = greetingRefusal(ownFrame, told, greeting(text), origin, state)
        if (refusal != null) return drop("", refusal)
        proxy = reply
        dispatcher = open(Port { answer -> proxy?.postMessage(answer) }).also(Dispatcher::start)
    }

    private fun greeting(text: String?): Json? = try {
        text?.let { readStrictJson(it, GREETING_DEPTH) }
    } catch (_: JsonException) {
        null
    }

    private fun probed() {
        if (dispatcher?.state == Dispatcher.State.LIVE) return
        close("no round trip")
        if (!handedOver && hasPorts()) {
            handOver()
        } else {
            drop("METHOD_UNSUPPORTED", "the page and this WebView do not reach each other")
        }
    }

    /** Gives the page one end of a pair of ports; only a document of the origin gets it. */
    private fun handOver() {
        if (!hasPorts()) return
        handedOver = true
        val (ours, theirs) = WebViewCompat.createWebMessageChannel(view)
        val session = open(Port { ours.postMessage(WebMessageCompat(it)) })
        ours.setWebMessageCallback(
            object : WebMessagePortCompat.WebMessageCallbackCompat() {
                override fun onMessage(port: WebMessagePortCompat, message: WebMessageCompat?) {
                    session.receive(message?.data)
                }
            },
        )
        WebViewCompat.postWebMessage(view, WebMessageCompat(HAND_OVER, arrayOf(theirs)), Uri.parse(origin))
        port = ours
        dispatcher = session
        session.start()
        probe = timers.start(PROBE_MS, ::probed)
    }

    private fun hasListener(): Boolean = WebViewFeature.isFeatureSupported(WebViewFeature.WEB_MESSAGE_LISTENER)

    private fun hasPorts(): Boolean = PORT_FEATURES.all(WebViewFeature::isFeatureSupported)

    private fun close(reason: String) {
        probe?.cancel()
        dispatcher?.end(reason)
        port?.close()
        probe = null
        dispatcher = null
        proxy = null
        port = null
    }

    private fun drop(code: String, reason: String) {
        val at = json(timers.now)
        val rest = arrayOf("ok" to json(false), "code" to json(code), "reason" to json(reason))
        audit.record(jsonObject("at" to at, "kind" to json("drop"), *rest))
    }

    public companion object {
        /** Name of the object that a page of the bundle finds. */
        public const val OBJECT: String = "tidegate"

        /** How a page knows the message that carries its port. */
        public const val HAND_OVER: String = "tidegate-port"

        /** How long a page may take for its round trip. */
        public const val PROBE_MS: Long = 3000

        private const val GREETING_DEPTH = 2
        private val PORT_FEATURES = listOf(
            WebViewFeature.CREATE_WEB_MESSAGE_CHANNEL,
            WebViewFeature.POST_WEB_MESSAGE,
            WebViewFeature.WEB_MESSAGE_PORT_POST_MESSAGE,
            WebViewFeature.WEB_MESSAGE_PORT_SET_MESSAGE_CALLBACK,
        )
    }
}
