@HEADER@
package tidegate.bridge.core;

import java.util.ArrayList;
import java.util.List;

/** A call under way: what the audit may keep of it and whether it has its answer. */
final class Job implements Call {
    final String id;
    final Contract.Method spec;
    final Json.Obj params;
    final Gates gates;
    final long at;
    Timers.Timer timer;
    boolean done;
    boolean lateChunkTold;
    int chunks;
    private final Dispatcher dispatcher;
    private final Manifest bundle;
    private final String traceparent;
    private final List<Runnable> stops = new ArrayList<>();
    private boolean cancelled;

    Job(Dispatcher dispatcher, Manifest bundle, Envelope request, Contract.Method spec, Gates gates, Json.Obj params, long at) {
        this.dispatcher = dispatcher;
        this.bundle = bundle;
        this.id = request.text("id");
        this.traceparent = request.text("traceparent");
        this.spec = spec;
        this.gates = gates;
        this.params = params;
        this.at = at;
    }

    /** Starts what every audit entry about the call tells. */
    Json.Members described(String kind) {
        return Json.object().with("kind", kind).with("id", id).with("method", spec.name).with("mv", spec.mv)
                .with("tier", spec.tier).with("params", params).with("gates", gates.told()).with("traceparent", traceparent);
    }

    /** Runs what waits for a cancel; gives what one of them threw, or null. */
    RuntimeException cancel() {
        List<Runnable> waiting;
        synchronized (stops) {
            cancelled = true;
            waiting = new ArrayList<>(stops);
            stops.clear();
        }
        RuntimeException thrown = null;
        for (Runnable stop : waiting) {
            try {
                stop.run();
            } catch (RuntimeException error) {
                thrown = error;
            }
        }
        return thrown;
    }

    @Override
    public Manifest bundle() {
        return bundle;
    }

    @Override
    public String method() {
        return spec.name;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String traceparent() {
        return traceparent;
    }

    @Override
    public boolean isCancelled() {
        synchronized (stops) {
            return cancelled;
        }
    }

    @Override
    public void onCancel(Runnable stop) {
        synchronized (stops) {
            if (!cancelled) {
                stops.add(stop);
                return;
            }
        }
        stop.run();
    }

    @Override
    public void chunk(Json payload) {
        dispatcher.chunkLater(this, payload);
    }
}
