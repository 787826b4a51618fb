@HEADER@
package tidegate.bridge.core;

/** Says that a text is not the JSON that this reader takes. */
public final class JsonException extends Exception {
    private static final long serialVersionUID = 1L;

    JsonException(String message, int at) {
        super(message + " at " + at);
    }
}
