@HEADER@
package tidegate.bridge.core;

/** A call under way, as its method sees it. Any thread may use it. */
public interface Call {
    /** Gives the manifest of the bundle that asks. The page cannot name another. */
    Manifest bundle();

    /** Gives the method's name. */
    String method();

    /** Gives the page's id of the call. */
    String id();

    /** Gives the W3C trace context, or null when the page sent none. */
    String traceparent();

    /** Tells whether the answer has been given already: by cancel, timeout, revocation or the session's end. */
    boolean isCancelled();

    /** Runs something once when the call is cut short; at once when it was already. */
    void onCancel(Runnable stop);

    /** Sends a chunk on plain JSON; the typed methods have a {@link ChunkSender}. */
    void chunk(Json payload);
}
