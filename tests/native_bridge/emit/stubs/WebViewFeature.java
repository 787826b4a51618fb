package androidx.webkit;

import java.util.HashSet;
import java.util.Set;

/** Stands in for that of androidx.webkit: a test says what the WebView can. */
public class WebViewFeature {
    public static final String CREATE_WEB_MESSAGE_CHANNEL = "CREATE_WEB_MESSAGE_CHANNEL";
    public static final String POST_WEB_MESSAGE = "POST_WEB_MESSAGE";
    public static final String WEB_MESSAGE_LISTENER = "WEB_MESSAGE_LISTENER";
    public static final String WEB_MESSAGE_PORT_POST_MESSAGE = "WEB_MESSAGE_PORT_POST_MESSAGE";
    public static final String WEB_MESSAGE_PORT_SET_MESSAGE_CALLBACK = "WEB_MESSAGE_PORT_SET_MESSAGE_CALLBACK";

    /** What the WebView does not have: for tests alone. */
    public static final Set<String> ABSENT = new HashSet<>();

    private WebViewFeature() {}

    public static boolean isFeatureSupported(String feature) {
        return !ABSENT.contains(feature);
    }
}
