// Who may start a session: only the frame that the shell made, from exactly the origin that the shell opened in it.
//
// @GENERATED@

private let originForm = Pattern(
  "https?://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[1-9][0-9]{0,4})?")

/// Tell whether a text is an origin as browsers write it, and nothing more.
public func isOrigin(_ text: String) -> Bool { originForm.matches(text) }

/// A page's greeting, and what the shell knows of the frame it should come from.
public struct Greeting: Sendable {
  /// Whether it came from the frame itself.
  public let isFromFrame: Bool
  /// Where it says it came from, as the platform tells.
  public let origin: Json
  public let data: Json
  public let expectedOrigin: String
  /// loading, loader, entering, live or ended.
  public let state: String

  public init(isFromFrame: Bool, origin: Json, data: Json, expectedOrigin: String, state: String) {
    self.isFromFrame = isFromFrame
    self.origin = origin
    self.data = data
    self.expectedOrigin = expectedOrigin
    self.state = state
  }

  /// The reason of the refusal, nil when it is accepted. Origins are compared as text and whole: no parsing that a
  /// look-alike could bend. A refusal is dropped without an answer, and audited.
  public var refusal: String? {
    if !isFromFrame { return "source" }
    guard isOrigin(expectedOrigin), let origin = origin.text, isSame(origin, expectedOrigin) else { return "origin" }
    guard let due = Greeting.state(of: data) else { return "data" }
    return isSame(due, state) ? nil : "state"
  }

  /// The state in which a greeting may come, once.
  private static func state(of data: Json) -> String? {
    guard let object = data.object, object.count == 1, let name = object["tidegate"]?.text else { return nil }
    if isSame(name, "loader-hello") { return "loading" }
    return isSame(name, "page-hello") ? "entering" : nil
  }
}
