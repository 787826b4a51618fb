@HEADER@
package tidegate.bridge.core;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;

/** What a dispatcher is made of. Nothing is allowed and nothing implemented until it is said here. */
public final class Parts {
    final Contract contract;
    final Manifest manifest;
    Port port;
    Audit audit;
    Timers timers;
    Chance chance;
    Executor thread;
    String platform;
    String app;
    Set<String> policy = Collections.emptySet();
    Set<String> killList = Collections.emptySet();
    Map<String, Handler> methods = Collections.emptyMap();
    PromptGate prompts = new PromptGate();

    /** Begins with the contract and the verified manifest of the bundle that the page belongs to. */
    public Parts(Contract contract, Manifest manifest) {
        this.contract = Objects.requireNonNull(contract, "contract");
        this.manifest = Objects.requireNonNull(manifest, "manifest");
    }

    /** Takes the way to the page. */
    public Parts port(Port value) {
        port = value;
        return this;
    }

    /** Takes the audit. */
    public Parts audit(Audit value) {
        audit = value;
        return this;
    }

    /** Takes the clock and the timers. */
    public Parts timers(Timers value) {
        timers = value;
        return this;
    }

    /** Takes the source of nonces and tokens. */
    public Parts chance(Chance value) {
        chance = value;
        return this;
    }

    /** Takes what runs work on the one thread that uses the dispatcher: replies and chunks of other threads go through it. */
    public Parts thread(Executor value) {
        thread = value;
        return this;
    }

    /** Says what the page is told about its host. */
    public Parts host(String platformName, String appVersion) {
        platform = platformName;
        app = appVersion;
        return this;
    }

    /** Names the methods that this app allows to bundles at all. */
    public Parts policy(Collection<String> methodNames) {
        policy = new HashSet<>(methodNames);
        return this;
    }

    /** Names the methods that the bank has taken away. */
    public Parts killList(Collection<String> methodNames) {
        killList = new HashSet<>(methodNames);
        return this;
    }

    /** Takes the implemented methods by name. */
    public Parts methods(Map<String, Handler> handlers) {
        methods = new HashMap<>(handlers);
        return this;
    }

    /** Shares the gate of the sheets with other dispatchers. */
    public Parts prompts(PromptGate value) {
        prompts = value;
        return this;
    }

    void check() {
        for (Object part : Arrays.asList(port, audit, timers, chance, thread, platform, app)) {
            if (part == null) {
                throw new IllegalStateException("a dispatcher needs port, audit, timers, chance, thread and host");
            }
        }
    }
}
