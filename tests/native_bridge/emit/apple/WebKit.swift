// As much of WebKit as the adapter uses, for checking it away from Apple's machines. It keeps what it is told.
@_exported import Foundation

@MainActor
open class WKSecurityOrigin: NSObject {
  public let `protocol`: String
  public let host: String
  public let port: Int

  public init(protocol: String, host: String, port: Int) {
    self.protocol = `protocol`
    self.host = host
    self.port = port
  }
}

@MainActor
open class WKFrameInfo: NSObject {
  public let isMainFrame: Bool
  public let securityOrigin: WKSecurityOrigin

  public init(isMainFrame: Bool, securityOrigin: WKSecurityOrigin) {
    self.isMainFrame = isMainFrame
    self.securityOrigin = securityOrigin
  }
}

@MainActor
open class WKContentWorld: NSObject {
  public class var page: WKContentWorld { WKContentWorld() }
}

@MainActor
open class WKScriptMessage: NSObject {
  public let body: Any
  public private(set) weak var webView: WKWebView?
  public let frameInfo: WKFrameInfo

  public init(body: Any, webView: WKWebView?, frameInfo: WKFrameInfo) {
    self.body = body
    self.webView = webView
    self.frameInfo = frameInfo
  }
}

@MainActor
public protocol WKScriptMessageHandlerWithReply: NSObjectProtocol {
  func userContentController(
    _ userContentController: WKUserContentController, didReceive message: WKScriptMessage,
    replyHandler: @escaping @MainActor @Sendable (Any?, String?) -> Void)
}

@MainActor
open class WKUserContentController: NSObject {
  public private(set) var handlers: [String: any WKScriptMessageHandlerWithReply] = [:]

  open func addScriptMessageHandler(
    _ scriptMessageHandlerWithReply: any WKScriptMessageHandlerWithReply, contentWorld: WKContentWorld, name: String
  ) {
    handlers[name] = scriptMessageHandlerWithReply
  }
}

@MainActor
open class WKWebViewConfiguration: NSObject {
  public let userContentController = WKUserContentController()
}

@MainActor
open class WKWebView: NSObject {
  public let configuration = WKWebViewConfiguration()
  public private(set) var called: [(script: String, text: String)] = []

  open func callAsyncJavaScript(
    _ functionBody: String, arguments: [String: Any] = [:], in frame: WKFrameInfo? = nil, in contentWorld: WKContentWorld,
    completionHandler: (@MainActor @Sendable (Result<Any, any Error>) -> Void)? = nil
  ) {
    called.append((functionBody, arguments["text"] as? String ?? ""))
  }
}
