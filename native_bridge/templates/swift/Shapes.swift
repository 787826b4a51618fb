// Holds values against the contract's types and gives clean copies.
//
// Inputs are read strictly: an undeclared member is refused. Outputs are cut: an undeclared member never leaves the host.
//
// @GENERATED@

/// A value that does not have its type's form; `path` names the place.
public struct ShapeError: Error, Sendable {
  public let path: String
  public let message: String

  init(_ path: String, _ message: String) {
    self.path = path
    self.message = "\(path.isEmpty ? "value" : path): \(message)"
  }
}

/// One member of a record.
public struct Field: Sendable {
  let name: String
  let type: String
  let isOptional: Bool
  let isNullable: Bool

  init(_ name: String, _ type: String, optional: Bool, nullable: Bool) {
    self.name = name
    self.type = type
    isOptional = optional
    isNullable = nullable
  }
}

/// One type of the contract. A bound that is not declared is nil.
public enum Shape: Sendable {
  case record([Field])
  case union(tag: String, cases: [String: String])
  case list(of: String, least: Int, most: Int?)
  case map(of: String, keys: Pattern?, most: Int?)
  case choice([String], isOpen: Bool)
  case string(least: Int, most: Int?, Pattern?)
  case int(least: Int?, most: Int?)
  case bool
  case decimal(scale: Int)
  case bytes(least: Int, most: Int?)
  case json(roots: [String], most: Int?)
}

/// The contract's types by name.
public struct ShapeBook: Sendable {
  private static let basic: [String: Shape] = [
    "string": .string(least: 0, most: nil, nil), "bool": .bool, "int": .int(least: nil, most: nil),
    "decimal": .decimal(scale: 0), "bytes": .bytes(least: 0, most: nil), "json": .json(roots: [], most: nil),
  ]
  private let shapes: [String: Shape]

  public init(_ shapes: [String: Shape]) {
    self.shapes = ShapeBook.basic.merging(shapes) { _, own in own }
  }

  /// The patterns of the contract by the name of their type.
  var patterns: [String: Pattern] {
    shapes.compactMapValues { shape in
      switch shape {
      case .string(_, _, let pattern): return pattern
      case .map(_, let keys, _): return keys
      default: return nil
      }
    }
  }

  /// Give a copy that holds only what the type declares; an undeclared member is an error. Throws `ShapeError`.
  public func input(_ type: String, _ value: Json) throws -> Json {
    try read(type, value, "", strict: true)
  }

  /// Like `input`, but undeclared members are left out.
  public func output(_ type: String, _ value: Json) throws -> Json {
    try read(type, value, "", strict: false)
  }

  private func read(_ type: String, _ value: Json, _ path: String, strict: Bool) throws -> Json {
    guard let shape = shapes[type] else { throw ShapeError(path, "the contract has no type \(type)") }
    switch shape {
    case .record(let fields):
      return .object(try record(fields, value, path, strict: strict, also: nil, into: JsonObject()))
    case .union(let tag, let cases): return try union(tag, cases, value, path, strict: strict)
    case .list(let of, let least, let most):
      guard let items = value.array else { throw ShapeError(path, "not a list") }
      try within(items.count, least, most, path)
      return .array(try items.enumerated().map { try read(of, $1, "\(path)[\($0)]", strict: strict) })
    case .map(let of, let keys, let most): return try map(of, keys, most, value, path, strict: strict)
    default:
      try scalar(shape, value, path)
      return value
    }
  }

  private func record(
    _ fields: [Field], _ value: Json, _ path: String, strict: Bool, also: String?, into start: JsonObject
  ) throws -> JsonObject {
    guard let object = value.object else { throw ShapeError(path, "not an object") }
    var copy = start
    for field in fields {
      let at = path.isEmpty ? field.name : "\(path).\(field.name)"
      switch object[field.name] {
      case nil: if !field.isOptional { throw ShapeError(at, "is missing") }
      case .null? where field.isNullable: copy[field.name] = .null
      case let given?: copy[field.name] = try read(field.type, given, at, strict: strict)
      }
    }
    let known = { (name: String) in isSame(name, also ?? "") || fields.contains { isSame($0.name, name) } }
    if strict, let extra = object.names.first(where: { !known($0) }) {
      throw ShapeError(path.isEmpty ? extra : "\(path).\(extra)", "is not declared")
    }
    return copy
  }

  private func union(
    _ tag: String, _ cases: [String: String], _ value: Json, _ path: String, strict: Bool
  ) throws -> Json {
    guard let object = value.object else { throw ShapeError(path, "not an object") }
    guard let given = object[tag], let text = given.text, let name = cases.first(where: { isSame($0.key, text) })?.value,
      case .record(let fields)? = shapes[name]
    else { throw ShapeError(path, "no known \(tag)") }
    return .object(try record(fields, value, path, strict: strict, also: tag, into: [tag: given]))
  }

  private func map(
    _ of: String, _ keys: Pattern?, _ most: Int?, _ value: Json, _ path: String, strict: Bool
  ) throws -> Json {
    guard let object = value.object else { throw ShapeError(path, "not an object") }
    try within(object.count, 0, most, path)
    var copy = JsonObject()
    for (name, item) in object.members {
      if let keys, !keys.matches(name) { throw ShapeError(path, "a key does not have the form of the contract") }
      copy[name] = try read(of, item, "\(path).\(name)", strict: strict)
    }
    return .object(copy)
  }

  private func scalar(_ shape: Shape, _ value: Json, _ path: String) throws {
    switch shape {
    case .bool: if value.flag == nil { throw ShapeError(path, "not a boolean") }
    case .int(let least, let most):
      guard let number = value.integer else { throw ShapeError(path, "not an integer up to 2^53-1") }
      try within(number, least, most, path)
    case .json(let roots, let most):
      if !roots.isEmpty, !roots.contains(value.root) { throw ShapeError(path, "not one of \(roots)") }
      if let most { try within(value.written(inert: false).utf8.count, 0, most, path) }
    default:
      guard let text = value.text else { throw ShapeError(path, "not a string") }
      try checkText(shape, text, path)
    }
  }

  private func checkText(_ shape: Shape, _ text: String, _ path: String) throws {
    switch shape {
    case .string(let least, let most, let pattern):
      try within(text.unicodeScalars.count, least, most, path)
      if let pattern, !pattern.matches(text) { throw ShapeError(path, "does not have the form of the contract") }
    case .choice(let values, let isOpen):
      let known = values.contains { isSame($0, text) } || (isOpen && isOpenValue(text))
      if !known { throw ShapeError(path, "not one of \(values)") }
    case .decimal(let scale): if !isDecimal(text, scale: scale) { throw ShapeError(path, "not a decimal") }
    case .bytes(let least, let most):
      if !isBase64URL(text) { throw ShapeError(path, "not canonical base64url") }
      try within(text.utf8.count * 3 / 4, least, most, path)
    default: break
    }
  }
}

private func within(_ size: Int, _ least: Int?, _ most: Int?, _ path: String) throws {
  if size < least ?? size || size > most ?? size {
    throw ShapeError(path, "\(size), allowed are \(least ?? Int.min) to \(most ?? Int.max)")
  }
}

private func isLetter(_ byte: UInt8) -> Bool {
  (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x61 && byte <= 0x7A)
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

private func isWord(_ byte: UInt8) -> Bool {
  isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
}

/// A value that a later contract may give to an open enum.
private func isOpenValue(_ text: String) -> Bool {
  guard let first = text.utf8.first, text.utf8.count <= 40 else { return false }
  return isLetter(first) && text.utf8.allSatisfy(isWord)
}

private func isDecimal(_ text: String, scale: Int) -> Bool {
  let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
  let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  guard let whole = parts.first, !whole.isEmpty, parts.allSatisfy({ $0.allSatisfy(isDigit) }) else { return false }
  if whole.count > 1, whole.first == UInt8(ascii: "0") { return false }
  return parts.count == 1 || (parts.count == 2 && (1...max(1, scale)).contains(parts[1].count) && scale > 0)
}

/// The bits that the last letter has to spare are zero.
private func isBase64URL(_ text: String) -> Bool {
  guard text.utf8.allSatisfy(isWord) else { return false }
  let rest = text.utf8.count % 4
  guard rest != 0, let last = text.utf8.last else { return rest == 0 }
  return rest != 1 && sextet(last) % (rest == 2 ? 16 : 4) == 0
}

private func sextet(_ byte: UInt8) -> Int {
  switch byte {
  case 0x41...0x5A: return Int(byte) - 0x41
  case 0x61...0x7A: return Int(byte) - 0x61 + 26
  case 0x30...0x39: return Int(byte) - 0x30 + 52
  default: return byte == UInt8(ascii: "-") ? 62 : 63
  }
}
