// Reads JSON more strictly than most readers do: what two of them could understand differently is refused.
//
// Refused: duplicate keys, `__proto__` as a key, integers beyond 2^53-1, numbers without end, lone surrogates, nesting
// deeper than the limit, and of course NaN, comments, trailing commas and anything after the value.
//
// @GENERATED@

/// Reads one JSON text.
public struct StrictReader {
  private let bytes: [UInt8]
  private let maxDepth: Int
  private let largest: Double
  private var at = 0

  private init(_ text: String, maxDepth: Int, largest: Double) {
    bytes = Array(text.utf8)
    self.maxDepth = maxDepth
    self.largest = largest
  }

  /// Read one value; throws `JsonError`. `largest` bounds the magnitude of numbers: 2^53-1 for what a page sends.
  public static func read(_ text: String, maxDepth: Int, largest: Double = 9_007_199_254_740_991) throws -> Json {
    var reader = StrictReader(text, maxDepth: maxDepth, largest: largest)
    let value = try reader.value(depth: 0)
    if reader.peek() != nil { throw reader.error("something after the value") }
    return value
  }

  private func error(_ message: String) -> JsonError {
    JsonError(message: "\(message) at \(at)")
  }

  private var next: UInt8? {
    at < bytes.count ? bytes[at] : nil
  }

  /// Skip space and give the next byte without taking it.
  private mutating func peek() -> UInt8? {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    return next
  }

  private mutating func value(depth: Int) throws -> Json {
    switch peek() {
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "\""): return .string(try string())
    default: return try word()
    }
  }

  private mutating func word() throws -> Json {
    if takes("true") { return .bool(true) }
    if takes("false") { return .bool(false) }
    if takes("null") { return .null }
    return .number(try number())
  }

  private mutating func takes(_ word: String) -> Bool {
    guard bytes[at...].starts(with: word.utf8) else { return false }
    at += word.utf8.count
    return true
  }

  private mutating func enter(_ depth: Int) throws {
    if depth > maxDepth { throw error("deeper than \(maxDepth)") }
    at += 1
  }

  /// Take what follows an item; true when another item comes.
  private mutating func more(_ closing: UInt8) throws -> Bool {
    let byte = peek()
    guard byte == closing || byte == UInt8(ascii: ",") else { throw error("neither a comma nor an end") }
    at += 1
    return byte != closing
  }

  private mutating func array(depth: Int) throws -> [Json] {
    try enter(depth)
    var items: [Json] = []
    if peek() == UInt8(ascii: "]") {
      at += 1
      return items
    }
    repeat { items.append(try value(depth: depth)) } while try more(UInt8(ascii: "]"))
    return items
  }

  private mutating func object(depth: Int) throws -> JsonObject {
    try enter(depth)
    var members = JsonObject()
    if peek() == UInt8(ascii: "}") {
      at += 1
      return members
    }
    repeat { try member(of: &members, depth: depth) } while try more(UInt8(ascii: "}"))
    return members
  }

  private mutating func member(of members: inout JsonObject, depth: Int) throws {
    guard peek() == UInt8(ascii: "\"") else { throw error("a key that is no string") }
    let key = try string()
    if isSame(key, "__proto__") { throw error("the key __proto__") }
    if members[key] != nil { throw error("a key given twice") }
    guard peek() == UInt8(ascii: ":") else { throw error("no colon after a key") }
    at += 1
    members[key] = try value(depth: depth)
  }

  private mutating func number() throws -> Double {
    let start = at
    if next == UInt8(ascii: "-") { at += 1 }
    if next == UInt8(ascii: "0") { at += 1 } else if !digits() { throw error("no JSON value") }
    fraction()
    exponent()
    guard let number = Double(String(decoding: bytes[start..<at], as: UTF8.self)), number.isFinite else {
      throw error("a number without end")
    }
    if number.magnitude > largest { throw error("a number beyond 2^53-1") }
    return number
  }

  /// Take digits; false when there are none.
  private mutating func digits() -> Bool {
    let start = at
    while let byte = next, byte >= 0x30, byte <= 0x39 { at += 1 }
    return at > start
  }

  private mutating func fraction() {
    guard next == UInt8(ascii: ".") else { return }
    at += 1
    if !digits() { at -= 1 }
  }

  private mutating func exponent() {
    guard let byte = next, byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return }
    let start = at
    at += 1
    if let sign = next, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { at += 1 }
    if !digits() { at = start }
  }

  private mutating func string() throws -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = next {
      at += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
      if byte < 0x20 { break }
      if byte == UInt8(ascii: "\\") { text += try escape().utf8 } else { text.append(byte) }
    }
    throw error("a broken string")
  }

  private mutating func escape() throws -> String {
    guard let byte = next else { throw error("a broken string") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicode()
    default: throw error("a broken string")
    }
  }

  private mutating func unicode() throws -> String {
    let unit = try unit()
    if let scalar = Unicode.Scalar(unit) { return String(Character(scalar)) }
    guard unit < 0xDC00, takes("\\u") else { throw error("a lone surrogate") }
    let low = try self.unit()
    guard low >= 0xDC00, low <= 0xDFFF else { throw error("a lone surrogate") }
    let value = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
    guard let scalar = Unicode.Scalar(value) else { throw error("a lone surrogate") }
    return String(Character(scalar))
  }

  /// Four hexadecimal digits.
  private mutating func unit() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw error("a broken string") }
      value = value * 16 + UInt32(digit)
      at += 1
    }
    return value
  }
}
