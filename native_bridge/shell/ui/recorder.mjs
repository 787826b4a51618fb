/**
 * Recording the bridge's traffic and handing it over as a file: what the page sent, what the shell answered, in order.
 *
 * Session tokens of the bridge are replaced by names, so that two recordings of one conversation are alike and a file
 * holds nothing that could be used again.
 */
const FORMAT = "tidegate-recording/1";

/** @param {any[]} traffic @returns {Map<string, string>} token → name */
function tokenNames(traffic) {
  const names = new Map();
  for (const { text } of traffic) {
    const token = /"s":"([^"]+)"/.exec(text)?.[1];
    if (token && !names.has(token)) names.set(token, `$session${names.size + 1}`);
  }
  return names;
}

/**
 * Make a vector of what was recorded.
 * @param {{traffic: any[], contract: string, manifests: Record<string, any>}} recorded manifests by bundle string
 * @returns {any}
 */
export function vectorOf({ traffic, contract, manifests }) {
  const names = tokenNames(traffic);
  const plain = (/** @type {string} */ text) => [...names].reduce((masked, [token, name]) => masked.replaceAll(token, name), text);
  const pages = [...new Set(traffic.map((each) => each.page))].map((page) => {
    const own = traffic.filter((each) => each.page === page);
    const { permissions, ops, purposes, events } = manifests[own[0].bundle];
    return {
      bundle: own[0].bundle, manifest: { permissions, ops, purposes, events },
      messages: own.map(({ direction, at, text }) => ({ from: direction === "in" ? "page" : "shell", atMs: Math.round(at - own[0].at), message: parsed(plain(text)) })),
    };
  });
  return { format: FORMAT, contract, pages };
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Offer a file for saving. @param {string} name @param {any} content */
export function saveJson(name, content) {
  const address = URL.createObjectURL(new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
