@HEADER@
package tidegate.bridge.core;

/** What a method of the host throws or replies to answer with an error of the contract. */
public final class BridgeException extends Exception {
    private static final long serialVersionUID = 1L;
    private final String code;
    private final Boolean retryable;
    private final transient Json.Obj details;

    /** Takes a code and a message in English, free of personal data. */
    public BridgeException(String code, String message) {
        this(code, message, null, null);
    }

    /**
     * Takes all that an error may carry.
     *
     * @param retryable null for what the contract says
     * @param details null for none
     */
    public BridgeException(String code, String message, Boolean retryable, Json.Obj details) {
        super(message);
        this.code = code;
        this.retryable = retryable;
        this.details = details;
    }

    /** Gives the code. */
    public String code() {
        return code;
    }

    /** Gives what it says about trying again, or null for what the contract says. */
    public Boolean retryable() {
        return retryable;
    }

    /** Gives its details; an empty object when there are none. */
    public Json.Obj details() {
        return details == null ? Json.object().end() : details;
    }
}
