@HEADER@
package tidegate.bridge.core;

/** How a call failed: what the page is told, and a reason that only the audit is told. */
final class Failure {
    static final Json.Obj NO_DETAILS = Json.object().end();
    final String code;
    final String message;
    final Boolean retryable;
    final Json.Obj details;
    final String reason;

    private Failure(String code, String message, Boolean retryable, Json.Obj details, String reason) {
        this.code = code;
        this.message = message;
        this.retryable = retryable;
        this.details = details;
        this.reason = reason;
    }

    static Failure of(String code, String message) {
        return new Failure(code, message, null, NO_DETAILS, null);
    }

    static Failure at(String code, String message, String path) {
        return new Failure(code, message, null, Json.object().with("path", path).end(), null);
    }

    static Failure internal(String reason) {
        return new Failure("INTERNAL", "", null, NO_DETAILS, reason);
    }

    /** Only codes that the contract allows to this method go out; everything else is a mistake of the host. */
    static Failure of(Exception error, Contract contract, Contract.Method method) {
        if (!(error instanceof BridgeException)) {
            return internal(error.getClass().getSimpleName() + ": " + error.getMessage());
        }
        BridgeException known = (BridgeException) error;
        if (!contract.allows(known.code(), method)) {
            return internal("BridgeException: " + known.code());
        }
        String message = known.getMessage() == null ? "" : known.getMessage();
        return new Failure(known.code(), message, known.retryable(), known.details(), null);
    }
}
