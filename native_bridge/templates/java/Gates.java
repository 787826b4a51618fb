@HEADER@
package tidegate.bridge.core;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Which gates a call has passed, as the audit tells it. */
final class Gates {
    private static final Set<String> SAID_NO = new HashSet<>(
            Arrays.asList("CONSENT_DENIED", "USER_CANCELLED", "USER_VERIFICATION_FAILED", "LOCKED_OUT"));
    private boolean manifest;
    private final boolean policy;
    private boolean killList;
    private String consent = "not-asked";

    Gates(boolean manifest, boolean policy, boolean killList) {
        this.manifest = manifest;
        this.policy = policy;
        this.killList = killList;
    }

    boolean pass() {
        return manifest && policy && killList;
    }

    void failManifest() {
        manifest = false;
    }

    void failKillList() {
        killList = false;
    }

    /** Notes how the person decided, as the call's end tells it; an empty code is a success. */
    void decided(String code) {
        if (code.isEmpty()) {
            consent = "pass";
        } else if (SAID_NO.contains(code)) {
            consent = "fail";
        }
    }

    Json.Obj told() {
        return Json.object().with("manifest", word(manifest)).with("policy", word(policy))
                .with("killList", word(killList)).with("consent", consent).end();
    }

    private static String word(boolean passed) {
        return passed ? "pass" : "fail";
    }
}
