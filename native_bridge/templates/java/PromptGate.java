@HEADER@
package tidegate.bridge.core;

/** One sheet at a time. Share one among the dispatchers of one shell. */
public final class PromptGate {
    private boolean taken;

    /** Takes the gate; false when it is taken already. */
    synchronized boolean take() {
        boolean free = !taken;
        taken = true;
        return free;
    }

    synchronized void giveBack() {
        taken = false;
    }
}
