// JSON as a bridge reads and writes it: strictly in, inert out.
//
// @GENERATED@

/// A JSON value.
public enum Json: Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([Json])
  case object(JsonObject)

  /// Its kind in JSON's words.
  public var root: String {
    switch self {
    case .null: return "null"
    case .bool: return "boolean"
    case .number: return "number"
    case .string: return "string"
    case .array: return "array"
    case .object: return "object"
    }
  }

  public var isNull: Bool {
    if case .null = self { return true }
    return false
  }

  public var text: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  public var object: JsonObject? {
    if case .object(let object) = self { return object }
    return nil
  }

  public var array: [Json]? {
    if case .array(let items) = self { return items }
    return nil
  }

  public var flag: Bool? {
    if case .bool(let flag) = self { return flag }
    return nil
  }

  /// An integer up to 2^53-1; nil when the value is none.
  public var integer: Int? {
    guard case .number(let number) = self, number.magnitude <= 9_007_199_254_740_991 else { return nil }
    return Int(exactly: number)
  }
}

/// Text that equals another one only when every byte does; Swift's own strings equal when they look alike.
struct ExactText: Hashable, Sendable {
  let text: String

  static func == (one: ExactText, other: ExactText) -> Bool {
    one.text.utf8.elementsEqual(other.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

/// Tell whether two texts are the same bytes.
func isSame(_ one: String, _ other: String) -> Bool {
  ExactText(text: one) == ExactText(text: other)
}

/// A JSON object; its members keep their order.
public struct JsonObject: Sendable {
  public private(set) var names: [String] = []
  private var values: [ExactText: Json] = [:]

  public init() {}

  /// Members without an order of their own are sorted by name.
  public init(_ members: [String: Json]) {
    for (name, value) in members.sorted(by: { $0.key < $1.key }) { self[name] = value }
  }

  public var count: Int { names.count }

  public subscript(name: String) -> Json? {
    get { values[ExactText(text: name)] }
    set {
      let key = ExactText(text: name)
      if values[key] == nil { names.append(name) }
      values[key] = newValue ?? .null
    }
  }

  /// Its members in order.
  public var members: [(name: String, value: Json)] {
    names.map { (name: $0, value: self[$0] ?? .null) }
  }
}

extension JsonObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, Json)...) {
    for (name, value) in elements { self[name] = value }
  }
}

/// A text that is no JSON, or that two readers could understand differently.
public struct JsonError: Error, Sendable {
  public let message: String
}

extension Json {
  /// Write JSON that stays inert wherever it is pasted: no `<`, no U+2028, no U+2029.
  public func written(inert: Bool = true) -> String {
    var text = ""
    write(into: &text, inert: inert)
    return text
  }

  private func write(into text: inout String, inert: Bool) {
    switch self {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .number(let number): text += Json.written(number)
    case .string(let string): Json.write(string, into: &text, inert: inert)
    case .array(let items):
      text += "["
      for (index, item) in items.enumerated() {
        if index > 0 { text += "," }
        item.write(into: &text, inert: inert)
      }
      text += "]"
    case .object(let object):
      text += "{"
      for (index, member) in object.members.enumerated() {
        if index > 0 { text += "," }
        Json.write(member.name, into: &text, inert: inert)
        text += ":"
        member.value.write(into: &text, inert: inert)
      }
      text += "}"
    }
  }

  private static func written(_ number: Double) -> String {
    guard number.isFinite else { return "null" }
    if let whole = Int(exactly: number) { return String(whole) }
    return number.description
  }

  private static func write(_ string: String, into text: inout String, inert: Bool) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{08}": text += "\\b"
      case "\u{0C}": text += "\\f"
      case "<" where inert, "\u{2028}" where inert, "\u{2029}" where inert: text += escaped(scalar)
      case _ where scalar.value < 0x20: text += escaped(scalar)
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
