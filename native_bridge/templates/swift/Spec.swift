// The contract as the dispatcher reads it: methods, events, errors, limits and types.
//
// @GENERATED@

/// One version of one method.
public struct MethodSpec: Sendable {
  public let name: String
  public let mv: Int
  public let tier: Int
  public let asks: Bool
  public let timeoutMs: Int
  public let input: String
  public let output: String
  /// Type of the chunks that a call may send.
  public let chunk: String?
  public let errors: Set<String>
  /// Fields of the input that the audit may keep.
  public let audit: [String]
  /// Field whose value has to stand in one of the manifest's lists.
  public let allow: Allow?
}

public struct Allow: Sendable {
  public let field: String
  public let list: String
}

public struct EventSpec: Sendable {
  public let name: String
  public let payload: String
  /// True when a page gets it without asking.
  public let always: Bool
}

public struct ErrorSpec: Sendable {
  public let common: Bool
  public let retryable: Bool
}

/// One contract.
public struct Contract: Sendable {
  public let version: String
  public let hash: String
  public let limits: Limits
  public let shapes: ShapeBook
  /// By name, and within a name by version.
  public let methods: [String: [Int: MethodSpec]]
  public let events: [String: EventSpec]
  public let errors: [String: ErrorSpec]
}
