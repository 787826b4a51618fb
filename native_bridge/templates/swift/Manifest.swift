// What the bundle's verified manifest says to the bridge.
//
// @GENERATED@

/// A manifest that does not name its bundle and version.
public struct ManifestError: Error, Sendable {}

/// The part of a verified manifest that the dispatcher reads. What is absent grants nothing.
public struct Manifest: Sendable {
  public let bundle: String
  public let version: String
  /// Oldest contract that the bundle can work with.
  public let leastContract: String?
  /// Version by method.
  public let permissions: [String: Int]
  private let lists: [String: [String]]

  public init(
    bundle: String, version: String, leastContract: String?, permissions: [String: Int], lists: [String: [String]]
  ) {
    self.bundle = bundle
    self.version = version
    self.leastContract = leastContract
    self.permissions = permissions
    self.lists = lists
  }

  /// Read the verified manifest; throws `ManifestError`.
  public init(json: JsonObject) throws {
    guard let bundle = json["bundle"]?.text, let version = json["version"]?.text else { throw ManifestError() }
    var lists: [String: [String]] = [:]
    for (name, value) in json.members {
      if let items = value.array { lists[name] = items.compactMap(\.text) }
    }
    self.init(
      bundle: bundle, version: version, leastContract: json["contract"]?.object?["min"]?.text,
      permissions: versions(json["permissions"]?.object ?? JsonObject()), lists: lists)
  }

  /// Tell whether one of the manifest's lists (events, ops) has a word.
  func list(_ list: String, has word: String?) -> Bool {
    guard let word else { return false }
    return (lists[list] ?? []).contains { isSame($0, word) }
  }
}

/// Read versions by method; what is no number is left out.
func versions(_ object: JsonObject) -> [String: Int] {
  var versions: [String: Int] = [:]
  for (method, mv) in object.members { versions[method] = mv.integer }
  return versions
}
