// A harness around the Swift core that speaks the vectors' protocol over standard input and output, on Linux.
import Glibc

/// Time that moves only when a command says so.
@MainActor
final class ScriptedClock: BridgeClock {
  @MainActor
  final class Timer: BridgeTimer {
    let at: Int
    let run: @MainActor () -> Void
    var isOff = false

    init(at: Int, run: @escaping @MainActor () -> Void) {
      self.at = at
      self.run = run
    }

    func cancel() { isOff = true }
  }

  private var time = 0
  private var timers: [Timer] = []

  func now() -> Int { time }

  func after(milliseconds: Int, _ run: @escaping @MainActor () -> Void) -> any BridgeTimer {
    let timer = Timer(at: time + milliseconds, run: run)
    timers.append(timer)
    return timer
  }

  func advance(_ milliseconds: Int) {
    time += milliseconds
    let due = timers.filter { $0.at <= time }.sorted { $0.at < $1.at }
    timers.removeAll { $0.at <= time }
    for timer in due where !timer.isOff { timer.run() }
  }
}

struct ScriptError: Error {
  let message: String
}

/// Methods that do what a vector scripts, and remember who called them with what.
@MainActor
final class ScriptedMethods {
  private struct Waiting {
    let method: String
    let call: Call
    let answer: @MainActor (Result<Json, any Error>) -> Void
  }

  private(set) var calls = JsonObject()
  private(set) var table: [String: HostMethod] = [:]
  private var waiting: [Waiting] = []

  init(_ script: JsonObject) {
    for (name, acts) in script.members {
      let listed = acts.array ?? []
      table[name] = { [unowned self] input, call, answer in self.run(name, listed, input, call, answer) }
    }
  }

  private func run(
    _ name: String, _ acts: [Json], _ input: JsonObject, _ call: Call,
    _ answer: @escaping @MainActor (Result<Json, any Error>) -> Void
  ) {
    let made = (calls[name]?.array ?? []) + [.object(["bundle": .string(call.bundle.id), "params": .object(input)])]
    calls[name] = .array(made)
    let act = acts[min(made.count, acts.count) - 1].object ?? JsonObject()
    if act["waits"]?.flag == true {
      waiting.append(Waiting(method: name, call: call, answer: answer))
    } else {
      answer(ScriptedMethods.ended(act))
    }
  }

  func finish(_ command: JsonObject) throws {
    let place = try oldest(command["method"]?.text)
    waiting.remove(at: place).answer(ScriptedMethods.ended(command))
  }

  func chunk(_ command: JsonObject) throws {
    waiting[try oldest(command["method"]?.text)].call.chunk(command["payload"] ?? .null)
  }

  private func oldest(_ method: String?) throws -> Int {
    guard let place = waiting.firstIndex(where: { $0.method == method }) else {
      throw ScriptError(message: "no call of \(method ?? "") waits")
    }
    return place
  }

  private static func ended(_ act: JsonObject) -> Result<Json, any Error> {
    guard let thrown = act["throws"]?.object else { return .success(act["returns"] ?? .null) }
    return .failure(
      BridgeError(
        code: thrown["code"]?.text ?? "", message: thrown["message"]?.text ?? "",
        details: thrown["details"]?.object ?? JsonObject(), retryable: thrown["retryable"]?.flag))
  }
}

@MainActor
final class Kept: BridgePort, BridgeAudit {
  var sent: [Json] = []
  var audit: [Json] = []

  func send(_ text: String) { sent.append(.string(text)) }

  func write(_ entry: AuditEntry) { audit.append(.object(entry.json)) }

  func takeSent() -> Json {
    defer { sent = [] }
    return .array(sent)
  }
}

struct FixedChance: BridgeChance {
  func nonce() -> String { "VECTOR-NONCE" }
  func token() -> String { "VECTOR-TOKEN" }
}

/// One session under test.
@MainActor
final class Stage {
  let kept = Kept()
  let clock = ScriptedClock()
  let methods: ScriptedMethods
  let dispatcher: Dispatcher

  init(_ command: JsonObject) throws {
    methods = ScriptedMethods(command["methods"]?.object ?? JsonObject())
    let policy = command["policy"]?.array?.compactMap(\.text) ?? Array(bridgeContract.methods.keys)
    dispatcher = Dispatcher(
      SessionParts(
        contract: bridgeContract, manifest: try Manifest(json: command["manifest"]?.object ?? JsonObject()),
        policy: Set(policy), killList: Set(command["killList"]?.array?.compactMap(\.text) ?? []), methods: methods.table,
        host: HostInfo(platform: "browser", app: "1.0.0"), clock: clock, chance: FixedChance(), port: kept, audit: kept,
        prompts: PromptGate()))
    try dispatcher.start()
  }

  func act(_ command: JsonObject) throws {
    switch command["do"]?.text {
    case "receive": dispatcher.receive(command["raw"]?.text)
    case "finish": try methods.finish(command)
    case "chunk": try methods.chunk(command)
    case "wait": clock.advance(command["ms"]?.integer ?? 0)
    case "emit": try dispatcher.emit(command["event"]?.text ?? "", command["payload"] ?? .null)
    case "revoke": dispatcher.revoke(command["method"]?.text ?? "")
    case "end": dispatcher.end(command["reason"]?.text ?? "")
    default: throw ScriptError(message: "no command \(command["do"]?.text ?? "")")
    }
  }
}

@main
@MainActor
struct Driver {
  private static let deepest = 1000
  private var stage: Stage?

  static func main() {
    var driver = Driver()
    while let line = readLine() {
      print(Json.object(driver.serve(line)).written())
      fflush(nil)
    }
  }

  private mutating func serve(_ line: String) -> JsonObject {
    do {
      let command = try StrictReader.read(line, maxDepth: Driver.deepest, largest: .greatestFiniteMagnitude)
      return try answer(command.object ?? JsonObject())
    } catch let error as ScriptError {
      return ["error": .string(error.message)]
    } catch {
      return ["error": .string("\(error)")]
    }
  }

  private mutating func answer(_ command: JsonObject) throws -> JsonObject {
    switch command["do"]?.text {
    case "about":
      let readable = unreadable().isEmpty
      return [
        "protocol": .number(1), "language": .string("swift"), "contract": .string(bridgeContract.hash),
        "can": .array(readable ? [.string("session"), .string("window")] : []),
      ]
    case "window": return judged(command)
    case "match":
      let pattern = Pattern(command["pattern"]?.text ?? "")
      return ["readable": .bool(pattern.isReadable), "matches": .bool(pattern.matches(command["text"]?.text ?? ""))]
    case "open": stage = try Stage(command)
    default: break
    }
    guard let stage else { throw ScriptError(message: "no session is open") }
    switch command["do"]?.text {
    case "close": return ["calls": .object(stage.methods.calls), "audit": .array(stage.kept.audit)]
    case "open": break
    default: try stage.act(command)
    }
    return ["sent": stage.kept.takeSent()]
  }

  /// Types of the contract whose pattern the matcher cannot read: there may be none.
  private func unreadable() -> [String] {
    bridgeContract.shapes.patterns.filter { !$0.value.isReadable }.map(\.key)
  }

  private func judged(_ command: JsonObject) -> JsonObject {
    let greeting = Greeting(
      isFromFrame: command["source"]?.flag == true, origin: command["origin"] ?? .null, data: command["data"] ?? .null,
      expectedOrigin: command["expectedOrigin"]?.text ?? "", state: command["state"]?.text ?? "")
    guard let refusal = greeting.refusal else { return ["accept": .bool(true)] }
    return ["accept": .bool(false), "reason": .string(refusal)]
  }
}
