// Patterns of the contract, matched in time that grows with the text alone: no pattern can be made to hang the host.
//
// The contract uses what all engines read alike: letters, classes, groups, alternatives and counted repetitions.
//
// @GENERATED@

/// One pattern; it matches the whole of a text.
public struct Pattern: Sendable {
  /// Its program; empty when the pattern cannot be read, and then nothing matches.
  private let steps: [Step]

  public init(_ pattern: String) {
    var parser = PatternParser(pattern)
    guard let node = parser.whole() else {
      steps = []
      return
    }
    var program: [Step] = []
    node.compile(into: &program)
    program.append(.end)
    steps = program
  }

  /// False when the pattern uses what this reader does not know.
  public var isReadable: Bool { !steps.isEmpty }

  public func matches(_ text: String) -> Bool {
    guard isReadable else { return false }
    var threads = Threads(count: steps.count)
    threads.add(0, steps)
    for scalar in text.unicodeScalars {
      if threads.places.isEmpty { return false }
      var following = Threads(count: steps.count)
      for place in threads.places {
        if case .one(let set) = steps[place], set.contains(scalar.value) { following.add(place + 1, steps) }
      }
      threads = following
    }
    return threads.reachesEnd
  }
}

enum Step: Sendable {
  case one(ScalarSet)
  case split(Int, Int)
  case jump(Int)
  case end
}

/// Scalars by ranges.
struct ScalarSet: Sendable {
  var ranges: [ClosedRange<UInt32>]
  var isNegated = false

  func contains(_ value: UInt32) -> Bool {
    ranges.contains { $0.contains(value) } != isNegated
  }
}

/// The places that a match has reached.
private struct Threads {
  var places: [Int] = []
  var reachesEnd = false
  private var seen: [Bool]

  init(count: Int) {
    seen = Array(repeating: false, count: count)
  }

  mutating func add(_ place: Int, _ steps: [Step]) {
    if seen[place] { return }
    seen[place] = true
    switch steps[place] {
    case .one: places.append(place)
    case .end: reachesEnd = true
    case .jump(let to): add(to, steps)
    case .split(let one, let other):
      add(one, steps)
      add(other, steps)
    }
  }
}

private indirect enum Node {
  case one(ScalarSet)
  case sequence([Node])
  case choice(Node, Node)
  case repetition(Node, least: Int, most: Int?)

  func compile(into steps: inout [Step]) {
    switch self {
    case .one(let set): steps.append(.one(set))
    case .sequence(let nodes): nodes.forEach { $0.compile(into: &steps) }
    case .choice(let one, let other):
      let fork = steps.count
      steps.append(.end)
      one.compile(into: &steps)
      let leap = steps.count
      steps.append(.end)
      steps[fork] = .split(fork + 1, steps.count)
      other.compile(into: &steps)
      steps[leap] = .jump(steps.count)
    case .repetition(let node, let least, let most):
      for _ in 0..<least { node.compile(into: &steps) }
      if let most { Node.compileOptional(node, most - least, into: &steps) } else { Node.compileLoop(node, into: &steps) }
    }
  }

  private static func compileLoop(_ node: Node, into steps: inout [Step]) {
    let fork = steps.count
    steps.append(.end)
    node.compile(into: &steps)
    steps.append(.jump(fork))
    steps[fork] = .split(fork + 1, steps.count)
  }

  private static func compileOptional(_ node: Node, _ times: Int, into steps: inout [Step]) {
    var forks: [Int] = []
    for _ in 0..<max(0, times) {
      forks.append(steps.count)
      steps.append(.end)
      node.compile(into: &steps)
    }
    for fork in forks { steps[fork] = .split(fork + 1, steps.count) }
  }
}

private struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var at = 0
  private var failed = false

  init(_ pattern: String) {
    scalars = Array(pattern.unicodeScalars)
  }

  mutating func whole() -> Node? {
    let node = choice()
    return failed || at < scalars.count ? nil : node
  }

  private var next: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

  private mutating func takes(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    at += 1
    return true
  }

  private mutating func choice() -> Node {
    let one = sequence()
    return takes("|") ? .choice(one, choice()) : one
  }

  private mutating func sequence() -> Node {
    var nodes: [Node] = []
    while let scalar = next, scalar != "|", scalar != ")", !failed { nodes.append(repeated(atom())) }
    return .sequence(nodes)
  }

  private mutating func atom() -> Node {
    if takes("(") {
      if takes("?"), !takes(":") { failed = true }
      let node = choice()
      if !takes(")") { failed = true }
      return node
    }
    if takes("[") { return .one(set()) }
    return .one(ScalarSet(ranges: [single()]))
  }

  private mutating func repeated(_ node: Node) -> Node {
    if takes("*") { return .repetition(node, least: 0, most: nil) }
    if takes("+") { return .repetition(node, least: 1, most: nil) }
    if takes("?") { return .repetition(node, least: 0, most: 1) }
    guard takes("{") else { return node }
    let least = integer()
    let most = takes(",") ? (next == "}" ? nil : integer()) : least
    if !takes("}") { failed = true }
    return .repetition(node, least: least, most: most)
  }

  private mutating func integer() -> Int {
    var value: Int?
    while let scalar = next, let digit = Character(scalar).wholeNumberValue {
      value = (value ?? 0) * 10 + digit
      at += 1
    }
    if value == nil { failed = true }
    return value ?? 0
  }

  private mutating func set() -> ScalarSet {
    var set = ScalarSet(ranges: [])
    set.isNegated = takes("^")
    while let scalar = next, scalar != "]", !failed {
      let low = single().lowerBound
      let hasRange = next == "-" && at + 1 < scalars.count && scalars[at + 1] != "]"
      if hasRange { at += 1 }
      let high = hasRange ? single().lowerBound : low
      if high < low { failed = true } else { set.ranges.append(low...high) }
    }
    if !takes("]") { failed = true }
    return set
  }

  /// One scalar, written plainly or escaped.
  private mutating func single() -> ClosedRange<UInt32> {
    guard let scalar = next else {
      failed = true
      return 0...0
    }
    at += 1
    let value = scalar == "\\" ? escaped() : scalar.value
    return value...value
  }

  private mutating func escaped() -> UInt32 {
    guard let scalar = next else {
      failed = true
      return 0
    }
    at += 1
    switch scalar {
    case "x": return hexadecimal(2)
    case "u": return hexadecimal(4)
    case _ where Character(scalar).isLetter || Character(scalar).isNumber:
      failed = true
      return 0
    default: return scalar.value
    }
  }

  private mutating func hexadecimal(_ digits: Int) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let scalar = next, let digit = Character(scalar).hexDigitValue else {
        failed = true
        return 0
      }
      value = value * 16 + UInt32(digit)
      at += 1
    }
    return value
  }
}
