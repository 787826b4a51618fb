@HEADER@
package tidegate.bridge.android;

import android.os.Handler;
import android.os.Looper;
import android.os.SystemClock;
import java.util.concurrent.Executor;
import tidegate.bridge.core.Timers;

/** The thread of the user interface, on which web views and their dispatchers live: its clock, its timers, its turn. */
public final class MainThread implements Timers, Executor {
    private final Handler handler = new Handler(Looper.getMainLooper());

    @Override
    public long now() {
        return SystemClock.elapsedRealtime();
    }

    @Override
    public Timer start(long milliseconds, Runnable run) {
        handler.postDelayed(run, milliseconds);
        return () -> handler.removeCallbacks(run);
    }

    @Override
    public void execute(Runnable work) {
        handler.post(work);
    }
}
