@HEADER@
package tidegate.bridge.core;

/** Time, as the platform has it. */
public interface Timers {
    /** Gives milliseconds since any fixed moment. They never go back. */
    long now();

    /** Runs something later, on the dispatcher's own thread. */
    Timer start(long milliseconds, Runnable run);

    /** Something that runs later. */
    interface Timer {
        /** Keeps it from running. */
        void cancel();
    }
}
