package androidx.webkit;

/** Stands in for that of androidx.webkit. */
public abstract class JavaScriptReplyProxy {
    public abstract void postMessage(String message);
}
