// What one bundle may do: manifest, app policy and kill-list together. It can only become less.
//
// @GENERATED@

/// How each gate stood for one call: pass, fail or not-asked.
public struct Gates: Sendable {
  public internal(set) var manifest: String
  public internal(set) var policy: String
  public internal(set) var killList: String
  public internal(set) var consent = "not-asked"

  init(manifest: Bool, policy: Bool, killList: Bool) {
    self.manifest = manifest ? "pass" : "fail"
    self.policy = policy ? "pass" : "fail"
    self.killList = killList ? "pass" : "fail"
  }

  var isOpen: Bool { manifest == "pass" && policy == "pass" && killList == "pass" }

  var json: JsonObject {
    ["manifest": .string(manifest), "policy": .string(policy), "killList": .string(killList), "consent": .string(consent)]
  }
}

/// Tell whether a contract version has the same major as another and is not older.
func speaks(_ version: String, atLeast least: String) -> Bool {
  let own = version.split(separator: ".").compactMap { Int($0) }
  let wanted = least.split(separator: ".").compactMap { Int($0) }
  guard own.count == 2, wanted.count == 2 else { return false }
  return own[0] == wanted[0] && own[1] >= wanted[1]
}

struct Grants {
  let contract: Contract
  let permissions: [String: Int]
  let policy: Set<String>
  var killed: Set<String>
  let implemented: Set<String>

  func declaration(_ method: String, _ mv: Int) -> MethodSpec? { contract.methods[method]?[mv] }

  func gates(_ method: String, _ mv: Int) -> Gates {
    Gates(
      manifest: permissions[method] == mv, policy: policy.contains(method), killList: !killed.contains(method))
  }

  /// Give the code of the refusal, nil when the call may go on.
  func refusal(_ method: String, _ mv: Int) -> String? {
    if contract.methods[method] == nil { return "METHOD_UNKNOWN" }
    if declaration(method, mv) == nil { return "VERSION_UNSUPPORTED" }
    if !gates(method, mv).isOpen { return "PERMISSION_DENIED" }
    return implemented.contains(method) ? nil : "METHOD_UNSUPPORTED"
  }

  /// Give every method that may be called now, with its version.
  func granted() -> JsonObject {
    var granted = JsonObject()
    for (method, mv) in permissions.sorted(by: { $0.key < $1.key }) where refusal(method, mv) == nil {
      granted[method] = .number(Double(mv))
    }
    return granted
  }

  /// Give the codes of what was asked for and is not granted.
  func denied(_ asked: [String: Int]) -> JsonObject {
    var denied = JsonObject()
    for (method, mv) in asked.sorted(by: { $0.key < $1.key }) {
      if let code = refusal(method, mv) { denied[method] = .string(code) }
    }
    return denied
  }
}
