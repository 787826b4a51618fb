package tidegate.harness;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tidegate.bridge.core.Timers;

/** Time that moves only when it is told to. */
final class SteppedTimers implements Timers {
    private final List<Due> timers = new ArrayList<>();
    private long now;

    private final class Due implements Timer {
        private final long at;
        private final Runnable run;

        Due(long at, Runnable run) {
            this.at = at;
            this.run = run;
        }

        @Override
        public void cancel() {
            timers.remove(this);
        }
    }

    @Override
    public long now() {
        return now;
    }

    @Override
    public Timer start(long milliseconds, Runnable run) {
        Due due = new Due(now + milliseconds, run);
        timers.add(due);
        return due;
    }

    void advance(long milliseconds) {
        now += milliseconds;
        List<Due> inOrder = new ArrayList<>(timers);
        inOrder.sort(Comparator.comparingLong(due -> due.at));
        for (Due due : inOrder) {
            if (due.at <= now && timers.remove(due)) {
                due.run.run();
            }
        }
    }
}
