// What a session tells the audit of a call, an event, a refusal or a dropped message.
//
// @GENERATED@

/// One entry. Members that do not apply are nil.
public struct AuditEntry: Sendable {
  public let at: Int
  public let bundle: String
  public let kind: String
  public let ok: Bool
  public let code: String
  public internal(set) var id: String?
  public internal(set) var method: String?
  public internal(set) var mv: Int?
  public internal(set) var tier: Int?
  public internal(set) var params: JsonObject?
  public internal(set) var gates: Gates?
  public internal(set) var traceparent: String?
  public internal(set) var ms: Int?
  public internal(set) var chunks: Int?
  public internal(set) var event: String?
  public internal(set) var seq: Int?
  public internal(set) var reason: String?
  public internal(set) var granted: JsonObject?
  public internal(set) var denied: JsonObject?
  public internal(set) var sdk: String?
  public internal(set) var hash: String?

  init(at: Int, bundle: String, kind: String, ok: Bool, code: String) {
    self.at = at
    self.bundle = bundle
    self.kind = kind
    self.ok = ok
    self.code = code
  }

  /// The members that apply.
  public var json: JsonObject {
    var json: JsonObject = [
      "at": .number(Double(at)), "kind": .string(kind), "bundle": .string(bundle), "ok": .bool(ok), "code": .string(code),
    ]
    let texts = [
      ("id", id), ("method", method), ("traceparent", traceparent), ("event", event), ("reason", reason), ("sdk", sdk),
      ("hash", hash),
    ]
    for case (let name, let text?) in texts { json[name] = .string(text) }
    let numbers = [("mv", mv), ("tier", tier), ("ms", ms), ("chunks", chunks), ("seq", seq)]
    for case (let name, let number?) in numbers { json[name] = .number(Double(number)) }
    let objects = [("params", params), ("gates", gates?.json), ("granted", granted), ("denied", denied)]
    for case (let name, let object?) in objects { json[name] = .object(object) }
    return json
  }
}
