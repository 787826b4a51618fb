// Ties sessions to a WKWebView: messages count only from the main frame of that web view and from the bundle's one origin.
//
// The page speaks through a script message handler; the shell speaks by calling one function with the text as its
// argument, so that no text ever becomes script. A navigation ends the session.
//
// @GENERATED@

#if canImport(WebKit)
  import Foundation
  import WebKit

  /// The device's time.
  public struct DeviceClock: BridgeClock {
    private struct DeviceTimer: BridgeTimer {
      let task: Task<Void, Never>

      func cancel() { task.cancel() }
    }

    public init() {}

    public func now() -> Int { Int(ProcessInfo.processInfo.systemUptime * 1000) }

    public func after(milliseconds: Int, _ run: @escaping @MainActor () -> Void) -> any BridgeTimer {
      let task = Task { @MainActor in
        try? await Task.sleep(nanoseconds: UInt64(milliseconds) * 1_000_000)
        if !Task.isCancelled { run() }
      }
      return DeviceTimer(task: task)
    }
  }

  /// Chance from the system's generator: 128 bits each time.
  public struct DeviceChance: BridgeChance {
    public init() {}

    public func nonce() -> String { text() }

    public func token() -> String { text() }

    private func text() -> String {
      var generator = SystemRandomNumberGenerator()
      return (0..<16).map { _ in
        let digits = String(UInt8.random(in: .min ... .max, using: &generator), radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
    }
  }

  /// One web view and the one bundle that is opened in it.
  @MainActor
  public final class WebBridge: NSObject, WKScriptMessageHandlerWithReply {
    /// Name of the handler: `webkit.messageHandlers.tidegate`.
    public static let handlerName = "tidegate"
    private static let script = "tidegateReceive(text)"

    private let origin: String
    private let bundle: String
    private let audit: any BridgeAudit
    private let clock: any BridgeClock
    private let open: @MainActor (any BridgePort) -> Dispatcher
    private weak var webView: WKWebView?
    private var port: WebPort?
    /// The living session, for events and revocations.
    public private(set) var session: Dispatcher?

    /// - Parameters:
    ///   - origin: that of the verified bundle, `https://wealth.h5.bank.example`.
    ///   - open: makes the session of one document.
    public init(
      webView: WKWebView, origin: String, bundle: String, audit: any BridgeAudit, clock: any BridgeClock,
      open: @escaping @MainActor (any BridgePort) -> Dispatcher
    ) {
      self.webView = webView
      self.origin = origin
      self.bundle = bundle
      self.audit = audit
      self.clock = clock
      self.open = open
      super.init()
      webView.configuration.userContentController.addScriptMessageHandler(
        self, contentWorld: .page, name: WebBridge.handlerName)
    }

    /// Call it from `webView(_:didCommit:)`, and before the web view goes: the document before is gone.
    public func documentEnds() {
      port?.close()
      session?.end("navigation")
      port = nil
      session = nil
    }

    public func userContentController(
      _ userContentController: WKUserContentController, didReceive message: WKScriptMessage,
      replyHandler: @escaping @MainActor @Sendable (Any?, String?) -> Void
    ) {
      replyHandler(nil, nil)
      let text = message.body as? String
      let greeting = Greeting(
        isFromFrame: message.webView === webView && message.frameInfo.isMainFrame,
        origin: .string(WebBridge.text(of: message.frameInfo.securityOrigin)), data: WebBridge.greeting(in: text),
        expectedOrigin: origin, state: session == nil ? "entering" : "live")
      switch (greeting.refusal, session) {
      case (nil, _): begin()
      case ("data", let session?): session.receive(text)
      case (let reason?, _): drop(reason)
      }
    }

    private func begin() {
      let port = WebPort(webView: webView, script: WebBridge.script)
      let session = open(port)
      self.port = port
      self.session = session
      do {
        try session.start()
      } catch {
        drop("state")
      }
    }

    /// A message from a wrong place gets no answer; the audit is told.
    private func drop(_ reason: String) {
      var entry = AuditEntry(at: clock.now(), bundle: bundle, kind: "drop", ok: false, code: "SESSION_INVALID")
      entry.reason = reason
      audit.write(entry)
    }

    private static func text(of origin: WKSecurityOrigin) -> String {
      "\(origin.protocol)://\(origin.host)" + (origin.port == 0 ? "" : ":\(origin.port)")
    }

    /// What a greeting holds; null for every other message.
    private static func greeting(in text: String?) -> Json {
      guard let text, text.utf8.count < 64, let json = try? StrictReader.read(text, maxDepth: 2) else { return .null }
      return json.object?["tidegate"] == nil ? .null : json
    }
  }

  /// The way to one document; it is closed when the document is gone.
  @MainActor
  private final class WebPort: BridgePort {
    private struct Closed: Error {}

    private weak var webView: WKWebView?
    private let script: String
    private var isClosed = false

    init(webView: WKWebView?, script: String) {
      self.webView = webView
      self.script = script
    }

    func send(_ text: String) throws {
      guard !isClosed, let webView else { throw Closed() }
      webView.callAsyncJavaScript(script, arguments: ["text": text], in: nil, in: .page, completionHandler: nil)
    }

    func close() { isClosed = true }
  }
#endif
