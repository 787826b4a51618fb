@HEADER@
package tidegate.bridge.android

import android.os.Handler
import android.os.Looper
import android.os.SystemClock
import java.math.BigInteger
import java.security.SecureRandom
import tidegate.bridge.core.Chance
import tidegate.bridge.core.Timers
import tidegate.bridge.core.Turn

/** The thread of the user interface, on which web views and their dispatchers live: its clock, its timers, its turn. */
public class MainThread : Timers, Turn {
    private val handler = Handler(Looper.getMainLooper())

    override val now: Long
        get() = SystemClock.elapsedRealtime()

    override fun start(milliseconds: Long, run: () -> Unit): Timers.Timer {
        val due = Runnable(run)
        handler.postDelayed(due, milliseconds)
        return Timers.Timer { handler.removeCallbacks(due) }
    }

    override fun run(work: () -> Unit) {
        handler.post(work)
    }
}

/** Chance from the system's generator: 128 bits each time. */
public class SecureChance : Chance {
    private val random = SecureRandom()

    override fun nonce(): String = text()

    override fun token(): String = text()

    private fun text(): String = BigInteger(BITS, random).toString(16).padStart(BITS / 4, '0')

    private companion object {
        const val BITS = 128
    }
}
