// Terminal answers as text: a result or a failure, never larger than the limit.
//
// @GENERATED@

/// What a method throws to answer with a code of the contract.
public struct BridgeError: Error, Sendable {
  public let code: String
  /// English, free of personal data.
  public let message: String
  public let details: JsonObject
  /// What the contract says when nil.
  public let retryable: Bool?

  public init(code: String, message: String = "", details: JsonObject = JsonObject(), retryable: Bool? = nil) {
    self.code = code
    self.message = message
    self.details = details
    self.retryable = retryable
  }
}

/// Why a call failed: what the page is told, and what only the audit is told.
struct Failure {
  let code: String
  var message = ""
  var reason: String?
  var details = JsonObject()
  var retryable: Bool?

  init(_ code: String, _ message: String = "", details: JsonObject = JsonObject()) {
    self.code = code
    self.message = message
    self.details = details
  }

  init(_ error: BridgeError) {
    self.init(error.code, error.message, details: error.details)
    retryable = error.retryable
  }

  /// A mistake of the host: the page is told INTERNAL, the audit is told why.
  static func mistake(_ reason: String) -> Failure {
    var failure = Failure("INTERNAL")
    failure.reason = reason
    return failure
  }
}

/// The text of an answer, and the code in it; nil for a success.
struct Answer {
  let text: String
  let code: String?
}

/// Write the error member of an answer.
func errorMember(_ code: String, _ message: String, retryable: Bool = false, details: JsonObject = JsonObject()) -> Json {
  .object(["code": .string(code), "message": .string(message), "retryable": .bool(retryable), "details": .object(details)])
}

struct Answers {
  let contract: Contract

  func result(_ id: String, _ result: Json) -> Answer {
    let text = Json.object(["v": .number(1), "t": .string("res"), "id": .string(id), "ok": .bool(true), "r": result]).written()
    return text.utf8.count > contract.limits.maxBytes ? failure(id, Failure("TOO_LARGE")) : Answer(text: text, code: nil)
  }

  func failure(_ id: String, _ failure: Failure) -> Answer {
    let retryable = failure.retryable ?? contract.errors[failure.code]?.retryable ?? false
    let full = text(id, errorMember(failure.code, failure.message, retryable: retryable, details: failure.details))
    if full.utf8.count <= contract.limits.maxBytes { return Answer(text: full, code: failure.code) }
    return Answer(text: text(id, errorMember(failure.code, "", retryable: retryable)), code: failure.code)
  }

  private func text(_ id: String, _ error: Json) -> String {
    Json.object(["v": .number(1), "t": .string("res"), "id": .string(id), "ok": .bool(false), "e": error]).written()
  }
}
