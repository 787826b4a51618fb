// What the dispatcher needs of a platform: time, chance, a port to the page, an audit and the methods.
//
// @GENERATED@

/// A timer under way.
@MainActor
public protocol BridgeTimer {
  func cancel()
}

@MainActor
public protocol BridgeClock {
  /// Milliseconds since any fixed instant.
  func now() -> Int
  func after(milliseconds: Int, _ run: @escaping @MainActor () -> Void) -> any BridgeTimer
}

/// Unguessable text, 128 bits or more each time.
@MainActor
public protocol BridgeChance {
  func nonce() -> String
  func token() -> String
}

/// The way to the page. A port that throws is a port that is gone.
@MainActor
public protocol BridgePort {
  func send(_ text: String) throws
}

@MainActor
public protocol BridgeAudit {
  func write(_ entry: AuditEntry)
}

/// What welcome tells of the shell.
public struct HostInfo: Sendable {
  public let platform: String
  public let app: String

  public init(platform: String, app: String) {
    self.platform = platform
    self.app = app
  }
}

/// One method of the host: it answers once, now or later. Its parameters were found good; its result is cut to the contract.
public typealias HostMethod = @MainActor (
  _ input: JsonObject, _ call: Call, _ answer: @escaping @MainActor (Result<Json, any Error>) -> Void
) -> Void

/// All that one session is made of.
@MainActor
public struct SessionParts {
  public let contract: Contract
  public let manifest: Manifest
  public let digest: String?
  public let policy: Set<String>
  public let killList: Set<String>
  public let methods: [String: HostMethod]
  public let host: HostInfo
  public let clock: any BridgeClock
  public let chance: any BridgeChance
  public let port: any BridgePort
  public let audit: any BridgeAudit
  public let prompts: PromptGate

  /// - Parameters:
  ///   - manifest: the verified one; digest: that of its bytes.
  ///   - policy: methods that this app allows to bundles at all; killList: methods that the bank has taken away.
  ///   - prompts: one for all sessions of one shell.
  public init(
    contract: Contract, manifest: Manifest, digest: String? = nil, policy: Set<String>, killList: Set<String>,
    methods: [String: HostMethod], host: HostInfo, clock: any BridgeClock, chance: any BridgeChance,
    port: any BridgePort, audit: any BridgeAudit, prompts: PromptGate
  ) {
    self.contract = contract
    self.manifest = manifest
    self.digest = digest
    self.policy = policy
    self.killList = killList
    self.methods = methods
    self.host = host
    self.clock = clock
    self.chance = chance
    self.port = port
    self.audit = audit
    self.prompts = prompts
  }
}
