@HEADER@
package tidegate.bridge.core;

/** Says that a message is no envelope, with the code of the refusal and, where it has one, the request's id. */
final class EnvelopeException extends Exception {
    private static final long serialVersionUID = 1L;
    final String code;
    final String id;

    EnvelopeException(String code, String message, String id) {
        super(message);
        this.code = code;
        this.id = id;
    }
}
