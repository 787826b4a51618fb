@HEADER@
package tidegate.bridge.core;

import java.util.regex.Pattern;

/**
 * Judges who may start a session: only the frame that the shell made, from exactly the origin that the shell opened in
 * it. Origins are compared as text and whole, so nothing is parsed that a look-alike could bend.
 */
public final class WindowJudge {
    private static final Pattern ORIGIN = Pattern.compile("https?://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
            + "(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[1-9][0-9]{0,4})?");
    private static final int LONGEST = 300;

    private WindowJudge() {}

    /** Tells whether two origins are the same one, written as browsers write it. */
    public static boolean sameOrigin(String origin, String expected) {
        return expected != null && expected.length() <= LONGEST && ORIGIN.matcher(expected).matches() && expected.equals(origin);
    }

    /**
     * Judges a greeting.
     *
     * @param ownFrame whether it came from the frame that the shell made
     * @param origin as the platform tells it, or null
     * @param data what was sent, or null
     * @param expectedOrigin of the bundle that the shell opened there
     * @param state of the frame: loading, loader, entering, live or ended
     * @return empty when it is accepted, else the first reason against it: source, origin, data or state
     */
    public static String refusal(boolean ownFrame, String origin, Json data, String expectedOrigin, String state) {
        if (!ownFrame) {
            return "source";
        }
        if (!sameOrigin(origin, expectedOrigin)) {
            return "origin";
        }
        String due = stateOf(data);
        if (due == null) {
            return "data";
        }
        return due.equals(state) ? "" : "state";
    }

    /** Gives the state in which a greeting may come, or null when it is none. */
    private static String stateOf(Json data) {
        Json.Obj object = data == null ? null : data.asObject();
        if (object == null || object.members().size() != 1) {
            return null;
        }
        String greeting = object.text("tidegate");
        if ("loader-hello".equals(greeting)) {
            return "loading";
        }
        return "page-hello".equals(greeting) ? "entering" : null;
    }
}
