package android.os;

import java.util.ArrayList;
import java.util.List;

/** Stands in for Android's: what is posted runs at once, what is delayed waits until a test moves the clock. */
public class Handler {
    private static final List<Due> WAITING = new ArrayList<>();

    private static final class Due {
        private final Runnable run;
        private final long at;

        Due(Runnable run, long at) {
            this.run = run;
            this.at = at;
        }
    }

    public Handler(Looper looper) {}

    public final boolean post(Runnable work) {
        work.run();
        return true;
    }

    public final boolean postDelayed(Runnable work, long milliseconds) {
        WAITING.add(new Due(work, SystemClock.now + milliseconds));
        return true;
    }

    public final void removeCallbacks(Runnable work) {
        WAITING.removeIf(due -> due.run == work);
    }

    /** Moves the clock: for tests alone. */
    public static void advance(long milliseconds) {
        SystemClock.now += milliseconds;
        for (Due due : new ArrayList<>(WAITING)) {
            if (due.at <= SystemClock.now && WAITING.remove(due)) {
                due.run.run();
            }
        }
    }
}
