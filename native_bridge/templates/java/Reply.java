@HEADER@
package tidegate.bridge.core;

/**
 * Where a method hands its outcome. Only the first hand-over counts; any thread may make it.
 *
 * @param <T> what the method gives
 */
public interface Reply<T> {
    /** Answers with a result. */
    void succeed(T result);

    /** Answers with an error. One that the contract does not allow to this method reaches the page as INTERNAL. */
    void fail(Exception error);
}
