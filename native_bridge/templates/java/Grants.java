@HEADER@
package tidegate.bridge.core;

import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What one bundle may do: manifest, app policy and kill-list together. It can only become less. */
final class Grants {
    private final Contract contract;
    private final Map<String, Long> permissions;
    private final Set<String> policy;
    private final Set<String> killed;
    private final Set<String> implemented;

    Grants(Contract contract, Manifest manifest, Collection<String> policy, Collection<String> killList,
            Collection<String> implemented) {
        this.contract = contract;
        this.permissions = manifest.permissions();
        this.policy = new HashSet<>(policy);
        this.killed = new HashSet<>(killList);
        this.implemented = new HashSet<>(implemented);
    }

    /** Tells whether a version has the same major number and is not older. */
    static boolean speaks(String version, String least) {
        String[] own = version.split("\\.");
        String[] wanted = least.split("\\.");
        return own[0].equals(wanted[0]) && Integer.parseInt(own[1]) >= Integer.parseInt(wanted[1]);
    }

    Gates gates(String method, long mv) {
        Long granted = permissions.get(method);
        return new Gates(granted != null && granted == mv, policy.contains(method), !killed.contains(method));
    }

    /** Gives the code of the refusal, empty when the call may go on. */
    String refusal(String method, long mv) {
        if (!contract.knows(method)) {
            return "METHOD_UNKNOWN";
        }
        if (contract.method(method, mv) == null) {
            return "VERSION_UNSUPPORTED";
        }
        if (!gates(method, mv).pass()) {
            return "PERMISSION_DENIED";
        }
        return implemented.contains(method) ? "" : "METHOD_UNSUPPORTED";
    }

    Json.Obj granted() {
        Json.Members granted = Json.object();
        for (Map.Entry<String, Long> entry : new TreeMap<>(permissions).entrySet()) {
            if (refusal(entry.getKey(), entry.getValue()).isEmpty()) {
                granted.with(entry.getKey(), entry.getValue());
            }
        }
        return granted.end();
    }

    Json.Obj denied(Json.Obj asked) {
        Json.Members denied = Json.object();
        for (Map.Entry<String, Json> entry : asked.members().entrySet()) {
            String code = refusal(entry.getKey(), entry.getValue().asWhole());
            if (!code.isEmpty()) {
                denied.with(entry.getKey(), code);
            }
        }
        return denied.end();
    }

    void kill(String method) {
        killed.add(method);
    }
}
