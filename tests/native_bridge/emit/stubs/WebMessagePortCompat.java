package androidx.webkit;

/** Stands in for that of androidx.webkit. */
public abstract class WebMessagePortCompat {
    public abstract void postMessage(WebMessageCompat message);

    public abstract void close();

    public abstract void setWebMessageCallback(WebMessageCallbackCompat callback);

    /** Hears what comes over a port. */
    public abstract static class WebMessageCallbackCompat {
        public void onMessage(WebMessagePortCompat port, WebMessageCompat message) {}
    }
}
