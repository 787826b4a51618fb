// The wire envelope as a page sends it: one JSON object with exactly the members of its kind.
//
// @GENERATED@

/// What one session may send.
public struct Limits: Sendable {
  public let version: Int
  public let maxBytes: Int
  public let maxDepth: Int
  public let inflight: Int
  public let requests: Int
  public let chunks: Int
}

/// A message that is no envelope; `id` is that of the request when it has one.
struct EnvelopeError: Error {
  let code: String
  let message: String
  let id: String?

  init(_ code: String, _ message: String, id: String? = nil) {
    self.code = code
    self.message = message
    self.id = id
  }
}

/// A message whose members were found good for its kind.
struct Envelope {
  let kind: String
  private let members: JsonObject

  func text(_ name: String) -> String { members[name]?.text ?? "" }

  func count(_ name: String) -> Int { members[name]?.integer ?? -1 }

  func object(_ name: String) -> JsonObject { members[name]?.object ?? JsonObject() }

  func has(_ name: String) -> Bool { members[name] != nil }

  /// Read what came over the port; nil stands for what is no text. Throws `EnvelopeError`.
  static func read(_ raw: String?, _ limits: Limits) throws -> Envelope {
    guard let raw else { throw EnvelopeError("ENVELOPE_INVALID", "a message is a string") }
    if raw.utf8.count > limits.maxBytes {
      throw EnvelopeError("TOO_LARGE", "a message may have \(limits.maxBytes) bytes")
    }
    guard let message = try parse(raw, limits.maxDepth).object else {
      throw EnvelopeError("ENVELOPE_INVALID", "a message is an object")
    }
    let id = message["id"].flatMap { isID($0) && isSame(message["t"]?.text ?? "", "req") ? $0.text : nil }
    if message["v"]?.integer != limits.version {
      throw EnvelopeError("VERSION_UNSUPPORTED", "another version of the envelope", id: id)
    }
    return try checked(message, id)
  }

  private static func parse(_ raw: String, _ maxDepth: Int) throws -> Json {
    do {
      return try StrictReader.read(raw, maxDepth: maxDepth)
    } catch let error as JsonError {
      throw EnvelopeError("ENVELOPE_INVALID", error.message)
    }
  }

  private static func checked(_ message: JsonObject, _ id: String?) throws -> Envelope {
    guard let kind = message["t"]?.text, let declared = declaredMembers(of: kind) else {
      throw EnvelopeError("ENVELOPE_INVALID", "no such kind of message", id: id)
    }
    let known = Set(declared.map { ExactText(text: $0.name) }).union([ExactText(text: "v"), ExactText(text: "t")])
    if message.names.contains(where: { !known.contains(ExactText(text: $0)) }) {
      throw EnvelopeError("ENVELOPE_INVALID", "a member that the envelope does not have", id: id)
    }
    for member in declared where !(message[member.name].map(member.fits) ?? member.isOptional) {
      throw EnvelopeError("ENVELOPE_INVALID", "\(member.name) is missing or wrong", id: id)
    }
    return Envelope(kind: kind, members: message)
  }
}

private struct Member {
  let name: String
  var isOptional = false
  let fits: (Json) -> Bool
}

/// Members by kind; `s` is judged by the session, so anything may stand there.
private func declaredMembers(of kind: String) -> [Member]? {
  let count = Member(name: "n", fits: isCount)
  let session = Member(name: "s", isOptional: true) { _ in true }
  switch kind {
  case "hello":
    return [
      Member(name: "nonce", fits: isShort), Member(name: "sdk", fits: isShort), Member(name: "contract", fits: isVersion),
      Member(name: "hash", fits: isHash), Member(name: "need", fits: isVersions), Member(name: "want", fits: isVersions),
    ]
  case "req":
    return [
      session, count, Member(name: "id", fits: isID), Member(name: "m") { $0.text.map(isMethod) ?? false },
      Member(name: "mv", fits: isCount), Member(name: "p") { $0.object != nil },
      Member(name: "timeoutMs", isOptional: true) { (1...900_000).contains($0.integer ?? 0) },
      Member(name: "traceparent", isOptional: true, fits: isTrace),
    ]
  case "cancel": return [session, count, Member(name: "id", fits: isID)]
  case "ping", "pong": return [count]
  default: return nil
  }
}

private let id = Pattern("[A-Za-z0-9_-]{1,32}")
private let method = Pattern("[A-Za-z][A-Za-z0-9.]{0,63}")
private let version = Pattern("[1-9][0-9]{0,3}\\.(0|[1-9][0-9]{0,3})")
private let hash = Pattern("sha256-[0-9a-f]{64}")
private let trace = Pattern("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

private func isID(_ value: Json) -> Bool { value.text.map(id.matches) ?? false }

private func isMethod(_ text: String) -> Bool { method.matches(text) }

private func isVersion(_ value: Json) -> Bool { value.text.map(version.matches) ?? false }

private func isHash(_ value: Json) -> Bool { value.text.map(hash.matches) ?? false }

private func isTrace(_ value: Json) -> Bool { value.text.map(trace.matches) ?? false }

private func isShort(_ value: Json) -> Bool { value.text.map { $0.utf16.count <= 64 } ?? false }

private func isCount(_ value: Json) -> Bool { value.integer.map { $0 >= 0 } ?? false }

private func isVersions(_ value: Json) -> Bool {
  guard let object = value.object, object.count <= 64 else { return false }
  return object.members.allSatisfy { isMethod($0.name) && ($0.value.integer ?? 0) >= 1 }
}
