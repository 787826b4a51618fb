@HEADER@
package tidegate.bridge.core;

/** Says that a value does not have the shape of the contract, and where. */
public final class ShapeException extends Exception {
    private static final long serialVersionUID = 1L;
    private final String path;

    ShapeException(String path, String message) {
        super((path.isEmpty() ? "value" : path) + ": " + message);
        this.path = path;
    }

    /** Gives the place within the value, {@code fields.name} or {@code files[0]}; empty for the value itself. */
    public String path() {
        return path;
    }
}
