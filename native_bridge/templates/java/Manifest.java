@HEADER@
package tidegate.bridge.core;

import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a bundle's verified manifest says about the bridge. Verifying it is the work of the bundle client. */
public final class Manifest {
    private final String bundle;
    private final String version;
    private final String digest;
    private final String leastContract;
    private final Map<String, Long> permissions;
    private final Map<String, Set<String>> lists;

    private Manifest(String bundle, String version, String digest, String leastContract, Map<String, Long> permissions,
            Map<String, Set<String>> lists) {
        this.bundle = bundle;
        this.version = version;
        this.digest = digest;
        this.leastContract = leastContract;
        this.permissions = permissions;
        this.lists = lists;
    }

    /**
     * Takes a manifest over.
     *
     * @param manifest the verified object
     * @param digest of its bytes, or null
     * @throws IllegalArgumentException when it names no bundle, version or permissions
     */
    public static Manifest of(Json.Obj manifest, String digest) {
        String bundle = manifest.text("bundle");
        String version = manifest.text("version");
        Json permissions = manifest.get("permissions");
        if (bundle == null || version == null || permissions == null || permissions.asObject() == null) {
            throw new IllegalArgumentException("a manifest names its bundle, its version and its permissions");
        }
        Json contract = manifest.get("contract");
        String least = contract == null || contract.asObject() == null ? null : contract.asObject().text("min");
        if (least != null && !Envelope.isVersion(least)) {
            throw new IllegalArgumentException("contract.min of a manifest is a version like 1.0");
        }
        Map<String, Set<String>> lists = new HashMap<>();
        for (Map.Entry<String, Json> member : manifest.members().entrySet()) {
            if (member.getValue().asList() != null) {
                lists.put(member.getKey(), texts(member.getValue().asList()));
            }
        }
        return new Manifest(bundle, version, digest, least, versions(permissions.asObject()), lists);
    }

    private static Set<String> texts(List<Json> items) {
        Set<String> texts = new HashSet<>();
        for (Json item : items) {
            if (item.asText() != null) {
                texts.add(item.asText());
            }
        }
        return texts;
    }

    private static Map<String, Long> versions(Json.Obj permissions) {
        Map<String, Long> versions = new HashMap<>();
        for (Map.Entry<String, Json> member : permissions.members().entrySet()) {
            if (member.getValue().isWhole()) {
                versions.put(member.getKey(), member.getValue().asWhole());
            }
        }
        return versions;
    }

    /** Gives the bundle's id. */
    public String bundle() {
        return bundle;
    }

    /** Gives the bundle's version. */
    public String version() {
        return version;
    }

    /** Gives the digest of the manifest's bytes, or null when the host told none. */
    public String digest() {
        return digest;
    }

    String leastContract(String own) {
        return leastContract == null ? own : leastContract;
    }

    Map<String, Long> permissions() {
        return permissions;
    }

    boolean lists(String list, String value) {
        return lists.getOrDefault(list, Collections.<String>emptySet()).contains(value);
    }
}
