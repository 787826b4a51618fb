@HEADER@
package tidegate.bridge.core;

/** Keeps what the bridge tells about every call, refusal, event and dropped message. */
public interface Audit {
    /** Keeps an entry; its members are described in the guide to the bridge. */
    void record(Json.Obj entry);
}
