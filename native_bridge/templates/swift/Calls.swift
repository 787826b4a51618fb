// A call under way: what its method is told, what the audit may keep of it, and the one sheet that may be up.
//
// @GENERATED@

/// The bundle that calls: whose origin the page has, never what a payload says.
public struct BundleRef: Sendable {
  public let id: String
  public let version: String
  /// Digest of the manifest's bytes; nil when the shell does not know it.
  public let digest: String?
}

/// What a method is told of its call besides the parameters.
@MainActor
public final class Call {
  public let bundle: BundleRef
  public let method: String
  public let id: String
  /// W3C trace context.
  public let traceparent: String?
  /// True after a cancel, a timeout, a revocation or the end of the session: nobody waits for the result.
  public private(set) var isStopped = false
  private let sending: @MainActor (Json) -> Void
  private var listeners: [@MainActor () -> Void] = []

  init(bundle: BundleRef, method: String, id: String, traceparent: String?, sending: @escaping @MainActor (Json) -> Void) {
    self.bundle = bundle
    self.method = method
    self.id = id
    self.traceparent = traceparent
    self.sending = sending
  }

  /// Send a chunk to the page while the call runs.
  public func chunk(_ payload: Json) { sending(payload) }

  /// Run something when the call is stopped; at once when it is stopped already.
  public func onStop(_ listener: @escaping @MainActor () -> Void) {
    if isStopped { listener() } else { listeners.append(listener) }
  }

  func stop() {
    if isStopped { return }
    isStopped = true
    let told = listeners
    listeners = []
    for listener in told { listener() }
  }
}

/// A call as the dispatcher keeps it.
@MainActor
final class Job {
  let id: String
  let spec: MethodSpec
  let params: JsonObject
  let at: Int
  let traceparent: String?
  var gates: Gates
  var timer: (any BridgeTimer)?
  var call: Call?
  var isDone = false
  var hasReturned = false
  var chunks = 0
  var hasToldLate = false

  init(id: String, spec: MethodSpec, params: JsonObject, at: Int, gates: Gates, traceparent: String?) {
    self.id = id
    self.spec = spec
    self.params = params
    self.at = at
    self.gates = gates
    self.traceparent = traceparent
  }
}

/// One sheet at a time. Share one among the dispatchers of one shell.
@MainActor
public final class PromptGate {
  private var isTaken = false

  public init() {}

  /// Take the gate; false when a sheet is up already.
  func take() -> Bool {
    if isTaken { return false }
    isTaken = true
    return true
  }

  func release() { isTaken = false }
}

/// Give the input fields whose values the contract lets the audit keep.
func audited(_ spec: MethodSpec, _ params: JsonObject) -> JsonObject {
  var kept = JsonObject()
  for name in spec.audit {
    if let value = params[name] { kept[name] = value }
  }
  return kept
}

private let saidNo: Set<String> = ["CONSENT_DENIED", "USER_CANCELLED", "USER_VERIFICATION_FAILED", "LOCKED_OUT"]

/// Give the gate of consent after a call ended.
func consent(after failure: Failure?, before: String) -> String {
  guard let failure else { return "pass" }
  return saidNo.contains(failure.code) ? "fail" : before
}
