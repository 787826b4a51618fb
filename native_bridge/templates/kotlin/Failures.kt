@HEADER@
package tidegate.bridge.core

/**
 * What a method throws to answer with an error of the contract; the generated `ErrorCode` makes it.
 *
 * @property code of the contract
 * @param message in English, free of personal data
 * @property retryable null for what the contract says
 */
public class BridgeException(
    public val code: String,
    message: String = "",
    public val retryable: Boolean? = null,
    public val details: JsonObject = JsonObject.EMPTY,
) : Exception(message)

/** How a call failed: what the page is told, and a reason that only the audit is told. */
internal data class Failure(
    val code: String,
    val message: String = "",
    val retryable: Boolean? = null,
    val details: JsonObject = JsonObject.EMPTY,
    val reason: String? = null,
) {
    companion object {
        fun internal(reason: String): Failure = Failure("INTERNAL", reason = reason)

        /** Only codes that the contract allows to this method go out; everything else is a mistake of the host. */
        fun of(error: Throwable, contract: Contract, method: Method): Failure = when {
            error !is BridgeException -> internal("${error::class.java.simpleName}: ${error.message}")
            !contract.allows(error.code, method) -> internal("BridgeException: ${error.code}")
            else -> Failure(error.code, error.message.orEmpty(), error.retryable, error.details)
        }
    }
}

/** A terminal answer's text, and its code: null for a success. */
internal data class Answer(val text: String, val code: String?)

/** Writes terminal answers, never larger than the limit. */
internal class Answers(private val contract: Contract) {
    fun result(id: String, result: Json): Answer {
        val text = writeInertJson(jsonObject(*head(id, ok = true), "r" to result))
        return if (fits(text)) Answer(text, null) else failure(id, Failure("TOO_LARGE"))
    }

    fun failure(id: String, failure: Failure): Answer {
        val full = failure.copy(retryable = failure.retryable ?: contract.isRetryable(failure.code))
        val text = written(id, full).takeIf(::fits) ?: written(id, full.copy(message = "", details = JsonObject.EMPTY))
        return Answer(text, failure.code)
    }

    fun fits(text: String): Boolean = contract.limits.maxBytes.let { text.length <= it && utf8Length(text) <= it }

    private fun written(id: String, failure: Failure) = writeInertJson(jsonObject(*head(id, ok = false), "e" to told(failure)))

    private fun head(id: String, ok: Boolean) =
        arrayOf("v" to json(1), "t" to json("res"), "id" to json(id), "ok" to json(ok))

    companion object {
        fun told(failure: Failure): JsonObject = jsonObject(
            "code" to json(failure.code),
            "message" to json(failure.message),
            "retryable" to json(failure.retryable == true),
            "details" to failure.details,
        )
    }
}
