@HEADER@
package tidegate.bridge.core

/** The way to the page. One that throws is taken for gone. */
public fun interface Port {
    /** Sends a text. */
    public fun send(text: String)
}

/** Keeps what the bridge tells about every call, refusal, event and dropped message. */
public fun interface Audit {
    /** Keeps an entry; its members are described in the guide to the bridge. */
    public fun record(entry: JsonObject)
}

/** Time, as the platform has it. */
public interface Timers {
    /** Milliseconds since any fixed moment. They never go back. */
    public val now: Long

    /** Runs something later, on the dispatcher's own thread. */
    public fun start(milliseconds: Long, run: () -> Unit): Timer

    /** Something that runs later. */
    public fun interface Timer {
        /** Keeps it from running. */
        public fun cancel()
    }
}

/** Texts that nobody can guess: at least 128 bits, different each time. */
public interface Chance {
    /** Gives a nonce for a greeting. */
    public fun nonce(): String

    /** Gives a token for a session. */
    public fun token(): String
}

/** Runs work on the one thread that uses the dispatcher: what methods hand over on others goes through it. */
public fun interface Turn {
    /** Runs the work there, now or soon. */
    public fun run(work: () -> Unit)
}

/** One sheet at a time. Share one among the dispatchers of one shell. */
public class PromptGate {
    private var taken = false

    /** Takes the gate; false when it is taken already. */
    @Synchronized
    internal fun take(): Boolean = !taken.also { taken = true }

    @Synchronized
    internal fun giveBack() {
        taken = false
    }
}

/**
 * What a dispatcher is made of. Nothing is allowed and nothing implemented until it is said here.
 *
 * @property manifest the verified one of the bundle that the page belongs to
 * @property platform what the page is told about its host, with [app], the app's version
 * @property methods the implemented ones by name
 * @property policy names of the methods that this app allows to bundles at all
 * @property killList names of the methods that the bank has taken away
 */
public class Parts(
    public val contract: Contract,
    public val manifest: Manifest,
    public val platform: String,
    public val app: String,
    public val port: Port,
    public val audit: Audit,
    public val timers: Timers,
    public val chance: Chance,
    public val turn: Turn,
    public val methods: Map<String, Handler>,
    public val policy: Set<String>,
    public val killList: Set<String> = emptySet(),
    public val prompts: PromptGate = PromptGate(),
)
