// A shell with typed methods, and messages from right and wrong places: prints what came of each, as JSON.
import WebKit

@MainActor
final class Log: BridgeAudit {
  var entries: [Json] = []

  func write(_ entry: AuditEntry) { entries.append(.array([.string(entry.kind), .string(entry.code), .string(entry.reason ?? "")])) }
}

@main
@MainActor
struct Use {
  static let origin = WKSecurityOrigin(protocol: "https", host: "wealth.h5.bank.example", port: 0)
  static let hello =
    "{\"v\":1,\"t\":\"hello\",\"nonce\":\"N\",\"sdk\":\"x\",\"contract\":\"1.1\",\"hash\":\"sha256-\(String(repeating: "0", count: 64))\",\"need\":{},\"want\":{}}"
  static let greeting = "{\"tidegate\":\"page-hello\"}"

  struct FixedChance: BridgeChance {
    func nonce() -> String { "N" }
    func token() -> String { "T" }
  }

  static func methods() -> [String: HostMethod] {
    var methods = BridgeMethods()
    methods.storeGet { input, call in Tidegate.StoreValue(value: .string("\(call.bundle.id)/\(input.key)")) }
    methods.storeSet { _, _ in throw BridgeError(.storageFull, "full") }
    methods.navClose { _, _ in }
    methods.netUpload { input, _, send in
      send(Tidegate.UploadProgress(sent: 1, total: 2))
      return Tidegate.NetAnswer(body: input.params.map { .string($0["id"] ?? "") }, status: 200)
    }
    return methods.table
  }

  static func main() async throws {
    let webView = WKWebView()
    let log = Log()
    var permissions = JsonObject()
    for name in ["store.get", "store.set", "nav.close", "net.upload"] { permissions[name] = .number(1) }
    let manifest = try Manifest(json: [
      "bundle": .string("wealth"), "version": .string("1.0.0"), "permissions": .object(permissions),
      "ops": .array([.string("a.b")]), "events": .array([.string("theme.changed")]),
    ])
    let bridge = WebBridge(
      webView: webView, origin: "https://wealth.h5.bank.example", bundle: "wealth", audit: log, clock: DeviceClock()
    ) { port in
      Dispatcher(
        SessionParts(
          contract: bridgeContract, manifest: manifest, policy: Set(bridgeContract.methods.keys), killList: [],
          methods: methods(), host: HostInfo(platform: "ios", app: "1.0.0"), clock: DeviceClock(), chance: FixedChance(),
          port: port, audit: log, prompts: PromptGate()))
    }
    let say = { (body: Any, view: WKWebView, frame: WKFrameInfo) in
      let message = WKScriptMessage(body: body, webView: view, frameInfo: frame)
      bridge.userContentController(webView.configuration.userContentController, didReceive: message) { _, _ in }
    }
    let page = WKFrameInfo(isMainFrame: true, securityOrigin: origin)
    let evil = WKSecurityOrigin(protocol: "https", host: "wealth.h5.bank.example.evil.example", port: 0)
    let other = WKSecurityOrigin(protocol: "https", host: "wealth.h5.bank.example", port: 8443)
    say(greeting, webView, WKFrameInfo(isMainFrame: false, securityOrigin: origin))
    say(greeting, WKWebView(), page)
    say(greeting, webView, WKFrameInfo(isMainFrame: true, securityOrigin: evil))
    say(greeting, webView, WKFrameInfo(isMainFrame: true, securityOrigin: other))
    say("{\"v\":1,\"t\":\"ping\",\"n\":1}", webView, page)
    say(greeting, webView, page)
    say(greeting, webView, page)
    say(7, webView, page)
    say(hello, webView, page)
    let requests = [
      ("store.get", "{\"key\":\"a\"}"), ("store.set", "{\"key\":\"a\",\"value\":[1]}"), ("nav.close", "{}"),
      ("net.upload", "{\"op\":\"a.b\",\"fileToken\":\"fil_01234567\",\"params\":{\"id\":\"7\"}}"),
    ]
    for (n, request) in requests.enumerated() {
      say("{\"v\":1,\"t\":\"req\",\"s\":\"T\",\"n\":\(n),\"id\":\"r\(n)\",\"m\":\"\(request.0)\",\"mv\":1,\"p\":\(request.1)}", webView, page)
      try await Task.sleep(nanoseconds: 20_000_000)
    }
    bridge.session?.themeChanged(Tidegate.Appearance(locale: .zhCN, theme: .dark))
    let first = bridge.session
    bridge.documentEnds()
    say("{\"v\":1,\"t\":\"ping\",\"n\":2}", webView, page)
    first?.receive("{\"v\":1,\"t\":\"ping\",\"n\":3}")
    let told = webView.called.map { Json.string($0.text) }
    let scripts = Set(webView.called.map(\.script)).map { Json.string($0) }
    print(Json.object(["told": .array(told), "scripts": .array(scripts), "audit": .array(log.entries)]).written())
  }
}
