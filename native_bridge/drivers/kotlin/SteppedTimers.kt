package tidegate.harness

import tidegate.bridge.core.Timers

/** Time that moves only when it is told to. */
internal class SteppedTimers : Timers {
    private class Due(val at: Long, val run: () -> Unit)

    private val timers = mutableListOf<Due>()

    override var now: Long = 0
        private set

    override fun start(milliseconds: Long, run: () -> Unit): Timers.Timer {
        val due = Due(now + milliseconds, run)
        timers += due
        return Timers.Timer { timers -= due }
    }

    fun advance(milliseconds: Long) {
        now += milliseconds
        timers.sortedBy { it.at }.filter { it.at <= now }.forEach { if (timers.remove(it)) it.run() }
    }
}
