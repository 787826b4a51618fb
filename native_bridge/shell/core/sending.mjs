/**
 * A fetch for long bodies that tells how far it has come: of all that browsers have, only XMLHttpRequest tells it.
 *
 *   const fetch = tellingFetch((sent, total) => …);
 *   const response = await fetch(url, { method: "POST", headers, body, signal });
 */

/**
 * @param {(sent: number, total: number) => void} onProgress bytes of the body
 * @returns {(url: string, options: {method: string, headers: Record<string, string>, body: Blob, signal: AbortSignal}) => Promise<Response>}
 */
export function tellingFetch(onProgress) {
  return (url, { method, headers, body, signal }) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const over = (/** @type {() => void} */ settle) => {
      signal.removeEventListener("abort", stop);
      settle();
    };
    request.open(method, url);
    request.responseType = "text";
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(Math.min(loaded, total), total);
    request.onload = () => over(() => resolve(answered(request)));
    request.onerror = () => over(() => reject(new TypeError("the connection failed")));
    request.onabort = () => over(() => reject(new DOMException("aborted", "AbortError")));
    signal.addEventListener("abort", stop);
    if (signal.aborted) return stop();
    return request.send(body);
  });
}

/** @param {XMLHttpRequest} request @returns {Response} */
function answered(request) {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split(/\r\n/)) {
    const at = line.indexOf(":");
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  const bare = [204, 205, 304].includes(request.status);
  return new Response(bare ? null : request.responseText, { status: request.status, headers });
}
