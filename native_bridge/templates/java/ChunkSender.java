@HEADER@
package tidegate.bridge.core;

/**
 * Sends parts of an answer while the call runs. Any thread may send.
 *
 * @param <T> what a chunk holds
 */
public interface ChunkSender<T> {
    /** Sends the next chunk; one after the answer is dropped and told to the audit. */
    void send(T chunk);
}
