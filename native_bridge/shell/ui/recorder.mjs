/**
 * Recording the bridge's traffic and handing it over as a file: what the page sent, what the shell answered, in order.
 *
 * Session tokens of the bridge are replaced by names, so that two recordings of one conversation are alike and a file
 * holds nothing that could be used again.
 */
const FORMAT = "tidegate-recording/1";

const LEAST_TOKEN = 16;

/** Every token of the recorded sessions: the shell's own, and whatever a page gave for one. @param {any[]} traffic @returns {Map<string, string>} token → name */
function tokenNames(traffic) {
  const names = new Map();
  for (const { text, token } of traffic) {
    for (const each of [token, parsed(text)?.s]) {
      if (typeof each === "string" && each !== "" && !names.has(each)) names.set(each, `$session${names.size + 1}`);
    }
  }
  return names;
}

/** A copy of a message in which no token stands, wherever a page may have put one. @param {any} value @param {Map<string, string>} names @returns {any} */
function masked(value, names) {
  if (typeof value === "string") {
    return [...names].reduce((text, [token, name]) => (token.length < LEAST_TOKEN ? text : text.replaceAll(token, name)), value);
  }
  if (Array.isArray(value)) return value.map((item) => masked(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [masked(key, names), masked(item, names)]));
}

/** @param {string} text @param {Map<string, string>} names */
function message(text, names) {
  const plain = masked(parsed(text), names);
  return names.has(plain?.s) ? { ...plain, s: names.get(plain.s) } : plain;
}

/**
 * Make a vector of what was recorded.
 * @param {{traffic: any[], contract: string}} recorded each with the manifest and the session's token of its page
 * @returns {any}
 */
export function vectorOf({ traffic, contract }) {
  const names = tokenNames(traffic);
  const pages = [...new Set(traffic.map((each) => each.page))].map((page) => {
    const own = traffic.filter((each) => each.page === page);
    const { permissions, ops, purposes, events } = own[0].manifest;
    return {
      bundle: own[0].bundle, manifest: { permissions, ops, purposes, events },
      messages: own.map(({ direction, at, text }) => ({ from: direction === "in" ? "page" : "shell", atMs: Math.round(at - own[0].at), message: message(text, names) })),
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
