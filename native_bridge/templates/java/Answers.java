@HEADER@
package tidegate.bridge.core;

/** Terminal answers as text: a result or a failure, never larger than the limit. */
final class Answers {
    private final Contract contract;

    Answers(Contract contract) {
        this.contract = contract;
    }

    /** An answer's text, and its code: empty for a success. */
    static final class Answer {
        final String text;
        final String code;

        Answer(String text, String code) {
            this.text = text;
            this.code = code;
        }
    }

    Answer result(String id, Json result) {
        String text = JsonWriter.inert(head(id, true).with("r", result).end());
        return fits(text) ? new Answer(text, "") : failure(id, Failure.of("TOO_LARGE", ""));
    }

    Answer failure(String id, Failure failure) {
        boolean retryable = failure.retryable == null ? contract.isRetryable(failure.code) : failure.retryable;
        String text = written(id, failure.code, failure.message, retryable, failure.details);
        if (!fits(text)) {
            text = written(id, failure.code, "", retryable, Failure.NO_DETAILS);
        }
        return new Answer(text, failure.code);
    }

    boolean fits(String text) {
        int most = contract.limits().maxBytes;
        return text.length() <= most && JsonWriter.utf8Length(text) <= most;
    }

    private static String written(String id, String code, String message, boolean retryable, Json.Obj details) {
        return JsonWriter.inert(head(id, false).with("e", told(code, message, retryable, details)).end());
    }

    static Json.Obj told(String code, String message, boolean retryable, Json.Obj details) {
        return Json.object().with("code", code).with("message", message).with("retryable", retryable)
                .with("details", details).end();
    }

    private static Json.Members head(String id, boolean ok) {
        return Json.object().with("v", 1).with("t", "res").with("id", id).with("ok", ok);
    }
}
