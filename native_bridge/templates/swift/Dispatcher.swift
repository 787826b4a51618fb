// The pure core of a bridge host: one session between one page and the shell. No platform, no clock and no chance of its own.
//
// Invariants: nothing that a page sends makes `receive` fail; each id gets at most one terminal answer, and exactly one
// while the session lives; a method runs only after envelope, session, counter, grant and parameters were found good;
// everything, dropped messages too, is told to the audit.
//
// @GENERATED@

/// A mistake in using a dispatcher.
public enum DispatcherError: Error, Sendable {
  case startedBefore
  case unknownEvent(String)
}

@MainActor
public final class Dispatcher {
  public enum State: String, Sendable { case new, greeted, live, ended }

  private static let mostQueued = 32
  private let parts: SessionParts
  private let answers: Answers
  private let bundle: BundleRef
  private var grants: Grants
  private var ids: Set<String> = []
  private var jobs: [Job] = []
  private var queued: [(spec: EventSpec, payload: Json)] = []
  private var nonce = ""
  private var token = ""
  private var counter = -1
  private var running = 0
  private var seq = 0
  public private(set) var state = State.new

  public init(_ parts: SessionParts) {
    self.parts = parts
    answers = Answers(contract: parts.contract)
    bundle = BundleRef(id: parts.manifest.bundle, version: parts.manifest.version, digest: parts.digest)
    grants = Grants(
      contract: parts.contract, permissions: parts.manifest.permissions, policy: parts.policy, killed: parts.killList,
      implemented: Set(parts.methods.keys))
  }

  /// Greet the page: its answer has to carry the same nonce. Throws when the session was started before.
  public func start() throws {
    guard state == .new else { throw DispatcherError.startedBefore }
    state = .greeted
    nonce = parts.chance.nonce()
    send(["v": .number(1), "t": .string("init"), "nonce": .string(nonce)])
  }

  /// Take what came over the port; nil stands for what is no text.
  public func receive(_ raw: String?) {
    if state == .ended || state == .new {
      drop("SESSION_INVALID", "the session is \(state.rawValue)")
      return
    }
    do {
      handle(try Envelope.read(raw, parts.contract.limits))
    } catch let error as EnvelopeError {
      refuse(error.id, error.code, error.message)
    } catch {
      refuse(nil, "INTERNAL", "the reader failed")
    }
  }

  /// Tell the page an event; before welcome it waits. Events that the manifest does not list are left out.
  public func emit(_ event: String, _ payload: Json) throws {
    guard let spec = parts.contract.events[event] else { throw DispatcherError.unknownEvent(event) }
    if state == .ended {
      auditEvent(event, "SESSION_INVALID")
    } else if !spec.always && !parts.manifest.list("events", has: event) {
      auditEvent(event, "PERMISSION_DENIED")
    } else if state == .live {
      tell(spec, payload)
    } else {
      queued.append((spec, payload))
      if queued.count > Dispatcher.mostQueued { queued.removeFirst() }
    }
  }

  /// Take a method away in mid-session: calls under way end, later ones are refused.
  public func revoke(_ method: String) {
    grants.killed.insert(method)
    for job in jobs where job.spec.name == method {
      job.gates.killList = "fail"
      cut(job, Failure("PERMISSION_DENIED", "the grant was revoked"))
    }
    var entry = entry("revoke", code: "")
    entry.method = method
    parts.audit.write(entry)
    if state != .ended { try? emit("grant.revoked", .object(["method": .string(method)])) }
  }

  /// End the session without a word: the document is gone. The reason is for the audit.
  public func end(_ reason: String) {
    if state == .ended { return }
    state = .ended
    token = ""
    queued = []
    for job in jobs { cut(job, Failure("INTERRUPTED", reason)) }
    var entry = entry("session", code: "")
    entry.reason = "ended: \(reason)"
    parts.audit.write(entry)
  }

  private func handle(_ message: Envelope) {
    switch message.kind {
    case "ping": send(["v": .number(1), "t": .string("pong"), "n": .number(Double(message.count("n")))])
    case "hello": hello(message)
    case "pong": break
    default: inSession(message)
    }
  }

  private func hello(_ hello: Envelope) {
    guard state == .greeted, isSame(hello.text("nonce"), nonce) else {
      endTelling("SESSION_INVALID", "hello came twice or without this session's nonce")
      return
    }
    let own = parts.contract.version
    let theirs = hello.text("contract").split(separator: ".").first
    guard speaks(own, atLeast: parts.manifest.leastContract ?? own), theirs == own.split(separator: ".").first else {
      endTelling("VERSION_UNSUPPORTED", "this shell speaks contract \(own)")
      return
    }
    state = .live
    nonce = ""
    token = parts.chance.token()
    welcome(hello)
  }

  private func welcome(_ hello: Envelope) {
    let granted = grants.granted()
    let asked = versions(hello.object("want")).merging(versions(hello.object("need"))) { _, needed in needed }
    let denied = grants.denied(asked)
    let limits = parts.contract.limits
    send([
      "v": .number(1), "t": .string("welcome"), "s": .string(token), "contract": .string(parts.contract.version),
      "host": .object(["platform": .string(parts.host.platform), "app": .string(parts.host.app)]),
      "granted": .object(granted), "denied": .object(denied),
      "bundle": .object(["id": .string(bundle.id), "version": .string(bundle.version)]),
      "limits": .object(["bytes": .number(Double(limits.maxBytes)), "inflight": .number(Double(limits.inflight))]),
    ])
    var entry = entry("session", code: "")
    entry.reason = "welcome"
    entry.granted = granted
    entry.denied = denied
    entry.sdk = hello.text("sdk")
    entry.hash = hello.text("hash")
    parts.audit.write(entry)
    let waiting = queued
    queued = []
    for event in waiting { tell(event.spec, event.payload) }
  }

  /// A request or a cancel: it belongs to this document and comes after everything before it.
  private func inSession(_ message: Envelope) {
    let id = message.text("id")
    let request = message.kind == "req" ? message : nil
    if state != .live || !message.has("s") || !isSame(message.text("s"), token) {
      refuse(request.map { _ in id }, "SESSION_INVALID", "not this document's token", request)
    } else if message.count("n") <= counter {
      refuse(request.map { _ in id }, "REPLAYED", "the counter did not increase", request)
    } else {
      counter = message.count("n")
      guard let request else {
        cancel(id)
        return
      }
      if ids.contains(id) { refuse(id, "REPLAYED", "the id was used before", request) } else { take(request) }
    }
  }

  private func cancel(_ id: String) {
    if let job = jobs.first(where: { $0.id == id }) {
      cut(job, Failure("CANCELLED"))
      return
    }
    var entry = entry("drop", code: "CANCELLED")
    entry.id = id
    entry.reason = "nothing to cancel"
    parts.audit.write(entry)
  }

  private func take(_ request: Envelope) {
    let id = request.text("id")
    if let refusal = grants.refusal(request.text("m"), request.count("mv")) {
      refuse(id, refusal, "", request)
      return
    }
    guard let spec = spec(of: request) else { return }
    do {
      let params = try parts.contract.shapes.input(spec.input, .object(request.object("p"))).object ?? JsonObject()
      if let allow = spec.allow, !parts.manifest.list(allow.list, has: params[allow.field]?.text) {
        let message = "not in the manifest's \(allow.list)"
        refuse(id, "PERMISSION_DENIED", message, request, denied: audited(spec, params))
      } else {
        admit(request, spec, params)
      }
    } catch {
      let shape = error as? ShapeError
      let details: JsonObject = ["path": .string(shape?.path ?? "")]
      refuse(id, "PARAMS_INVALID", shape?.message ?? "the shapes failed", request, details: details)
    }
  }

  private func spec(of request: Envelope) -> MethodSpec? {
    grants.declaration(request.text("m"), request.count("mv"))
  }

  /// Calls that were cut short count as running until their method has really returned.
  private func admit(_ request: Envelope, _ spec: MethodSpec, _ params: JsonObject) {
    let id = request.text("id")
    if running >= parts.contract.limits.inflight {
      refuse(id, "BUSY", "too many calls under way", request)
      return
    }
    if spec.asks && !parts.prompts.take() {
      refuse(id, "BUSY", "the shell shows a sheet already", request)
      return
    }
    guard let method = parts.methods[spec.name], remember(id) else {
      if spec.asks { parts.prompts.release() }
      return
    }
    let job = Job(
      id: id, spec: spec, params: audited(spec, params), at: parts.clock.now(), gates: grants.gates(spec.name, spec.mv),
      traceparent: request.has("traceparent") ? request.text("traceparent") : nil)
    jobs.append(job)
    let wanted = request.has("timeoutMs") ? request.count("timeoutMs") : spec.timeoutMs
    run(job, method, params, milliseconds: min(wanted, spec.timeoutMs))
  }

  private func run(_ job: Job, _ method: HostMethod, _ params: JsonObject, milliseconds: Int) {
    let call = Call(bundle: bundle, method: job.spec.name, id: job.id, traceparent: job.traceparent) { [weak self] payload in
      self?.chunk(job, payload)
    }
    job.call = call
    job.timer = parts.clock.after(milliseconds: milliseconds) { [weak self] in self?.cut(job, Failure("TIMEOUT")) }
    running += 1
    method(params, call) { self.returned(job, $0) }
  }

  /// A method has answered; a second answer of the same call is nobody's.
  private func returned(_ job: Job, _ result: Result<Json, any Error>) {
    if job.hasReturned { return }
    job.hasReturned = true
    running -= 1
    if job.spec.asks { parts.prompts.release() }
    switch result {
    case .success(let value): succeed(job, value)
    case .failure(let error): settle(job, failure(job, error))
    }
  }

  private func succeed(_ job: Job, _ value: Json) {
    do {
      let clean = try parts.contract.shapes.output(job.spec.output, value)
      settle(job, nil, clean)
    } catch {
      settle(job, .mistake("the result's \((error as? ShapeError)?.message ?? "shape")"))
    }
  }

  /// Only codes that the contract allows to this method go out; everything else is a mistake of the host.
  private func failure(_ job: Job, _ error: any Error) -> Failure {
    guard let error = error as? BridgeError else { return .mistake("\(type(of: error))") }
    guard let spec = parts.contract.errors[error.code], spec.common || job.spec.errors.contains(error.code) else {
      return .mistake("BridgeError: \(error.code)")
    }
    return Failure(error)
  }

  /// Send a part of the result ahead. What the contract does not allow ends the call.
  private func chunk(_ job: Job, _ payload: Json) {
    if job.isDone {
      auditLateChunk(job)
      return
    }
    do {
      let clean = try cleanChunk(job, payload)
      let text = Json.object([
        "v": .number(1), "t": .string("chunk"), "id": .string(job.id), "seq": .number(Double(job.chunks)), "p": clean,
      ]).written()
      if text.utf8.count > parts.contract.limits.maxBytes {
        cut(job, Failure("TOO_LARGE"))
        return
      }
      job.chunks += 1
      post(text)
    } catch {
      cut(job, .mistake("the chunk's \((error as? ShapeError)?.message ?? "shape")"))
    }
  }

  private func cleanChunk(_ job: Job, _ payload: Json) throws -> Json {
    guard let type = job.spec.chunk else { throw ShapeError("", "the method declares none") }
    if job.chunks >= parts.contract.limits.chunks { throw ShapeError("", "more chunks than a call may send") }
    return try parts.contract.shapes.output(type, payload)
  }

  private func auditLateChunk(_ job: Job) {
    if job.hasToldLate { return }
    job.hasToldLate = true
    var entry = described("late", job, ok: false, code: "")
    entry.reason = "a chunk after the answer"
    parts.audit.write(entry)
  }

  /// End a call before its method has returned, and tell the method.
  private func cut(_ job: Job, _ failure: Failure) {
    settle(job, failure)
    job.call?.stop()
  }

  /// Give a call its one terminal answer; what comes later is only told to the audit.
  private func settle(_ job: Job, _ failure: Failure?, _ result: Json = .null) {
    if job.spec.asks { job.gates.consent = consent(after: failure, before: job.gates.consent) }
    if job.isDone {
      var late = described("late", job, ok: failure == nil, code: failure?.code ?? "")
      late.ms = parts.clock.now() - job.at
      parts.audit.write(late)
      return
    }
    job.isDone = true
    job.timer?.cancel()
    jobs.removeAll { $0 === job }
    let code = state == .ended ? failure?.code : answer(job.id, failure, result)
    var entry = described("call", job, ok: code == nil, code: code ?? "")
    entry.ms = parts.clock.now() - job.at
    entry.chunks = job.chunks > 0 ? job.chunks : nil
    entry.reason = failure?.reason
    parts.audit.write(entry)
  }

  /// Answer, and give the code that was sent; nil for a success.
  private func answer(_ id: String, _ failure: Failure?, _ result: Json) -> String? {
    let answer = failure.map { answers.failure(id, $0) } ?? answers.result(id, result)
    post(answer.text)
    return answer.code
  }

  /// Refuse a message: as the answer to its id when that is fresh, else as an `err` that belongs to no call.
  private func refuse(
    _ id: String?, _ code: String, _ message: String, _ request: Envelope? = nil, details: JsonObject = JsonObject(),
    denied: JsonObject? = nil
  ) {
    var gates = request.map { grants.gates($0.text("m"), $0.count("mv")) }
    if denied != nil { gates?.manifest = "fail" }
    let fresh = id.flatMap { !ids.contains($0) && remember($0) ? $0 : nil }
    if state == .ended { return }
    if let fresh {
      _ = answer(fresh, Failure(code, message, details: details), .null)
    } else {
      send(["v": .number(1), "t": .string("err"), "e": errorMember(code, message)])
    }
    var entry = entry(fresh == nil ? "drop" : "call", code: code)
    entry.id = id
    entry.method = request?.text("m")
    entry.mv = request?.count("mv")
    entry.tier = request.flatMap { spec(of: $0)?.tier }
    entry.params = denied ?? JsonObject()
    entry.ms = 0
    entry.reason = message
    entry.gates = gates
    parts.audit.write(entry)
  }

  /// Remember an id; false when the session had to end because it has used up its ids.
  private func remember(_ id: String) -> Bool {
    if ids.count >= parts.contract.limits.requests {
      endTelling("RATE_LIMITED", "this session has made all the calls that one may make")
      return false
    }
    ids.insert(id)
    return true
  }

  private func tell(_ spec: EventSpec, _ payload: Json) {
    do {
      let clean = try parts.contract.shapes.output(spec.payload, payload)
      seq += 1
      send(["v": .number(1), "t": .string("evt"), "e": .string(spec.name), "seq": .number(Double(seq)), "p": clean])
      auditEvent(spec.name, "", seq: seq)
    } catch {
      auditEvent(spec.name, "INTERNAL", reason: (error as? ShapeError)?.message)
    }
  }

  private func endTelling(_ code: String, _ message: String) {
    send(["v": .number(1), "t": .string("end"), "e": errorMember(code, message)])
    drop(code, message)
    end(code)
  }

  private func send(_ message: JsonObject) { post(Json.object(message).written()) }

  private func post(_ text: String) {
    do {
      try parts.port.send(text)
    } catch {
      drop("INTERRUPTED", "the port failed: \(type(of: error))")
    }
  }

  private func entry(_ kind: String, code: String) -> AuditEntry {
    AuditEntry(at: parts.clock.now(), bundle: bundle.id, kind: kind, ok: code.isEmpty, code: code)
  }

  private func drop(_ code: String, _ reason: String) {
    var entry = entry("drop", code: code)
    entry.reason = reason
    parts.audit.write(entry)
  }

  private func auditEvent(_ event: String, _ code: String, seq: Int? = nil, reason: String? = nil) {
    var entry = entry("event", code: code)
    entry.event = event
    entry.seq = seq
    entry.reason = reason
    parts.audit.write(entry)
  }

  private func described(_ kind: String, _ job: Job, ok: Bool, code: String) -> AuditEntry {
    var entry = AuditEntry(at: parts.clock.now(), bundle: bundle.id, kind: kind, ok: ok, code: code)
    entry.id = job.id
    entry.method = job.spec.name
    entry.mv = job.spec.mv
    entry.tier = job.spec.tier
    entry.params = job.params
    entry.gates = job.gates
    entry.traceparent = job.traceparent
    return entry
  }
}
