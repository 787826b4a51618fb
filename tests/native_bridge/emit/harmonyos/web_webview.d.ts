/** As much of HarmonyOS's web component as the adapter uses. */
declare namespace webview {
  type WebMessage = ArrayBuffer | string;

  interface WebMessagePort {
    close(): void;
    postMessageEvent(message: WebMessage): void;
    onMessageEvent(callback: (result: WebMessage) => void): void;
  }

  class WebviewController {
    createWebMessagePorts(isExtentionType?: boolean): Array<WebMessagePort>;
    postMessage(name: string, ports: Array<WebMessagePort>, uri: string): void;
  }
}

export default webview;
