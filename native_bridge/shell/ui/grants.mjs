/** What the open page may do, and for what it may not: who took it away, in words. */
import { h, icon } from "./dom.mjs";

/**
 * Why a method is not granted; asked in the order of the dispatcher.
 * @param {string} name @param {number} mv the version that was asked for
 * @param {{contract: any, manifest: any, policy: Iterable<string>, killList: Iterable<string>, methods: Record<string, unknown>}} parts of the session
 * @returns {"contract" | "version" | "manifest" | "policy" | "killList" | "shell" | null} null when nothing stands against it
 */
export function deniedBy(name, mv, { contract, manifest, policy, killList, methods }) {
  if (!Object.hasOwn(contract.methods, name)) return "contract";
  if (!Object.hasOwn(contract.methods[name], String(mv))) return "version";
  if (manifest.permissions[name] !== mv) return "manifest";
  if (![...policy].includes(name)) return "policy";
  if ([...killList].includes(name)) return "killList";
  return Object.hasOwn(methods, name) ? null : "shell";
}

/**
 * Methods, operations and purposes of a page.
 * @param {any} page with its release, and its session when it has one @param {any} welcome what was granted and denied
 * @returns {{name: string, kind: string, on: boolean | null, why: string | null, code: string | null}[]}
 */
export function grantsOf(page, welcome) {
  const manifest = page?.release?.manifest;
  if (!manifest) return [];
  const asked = { ...welcome?.asked, ...manifest.permissions };
  const methods = Object.entries(asked).map(([name, declared]) => {
    const mv = welcome?.asked?.[name] ?? declared;
    const why = page.dispatcher ? deniedBy(name, mv, page.dispatcher.parts) : null;
    return { name, kind: "method", on: welcome ? why === null && Object.hasOwn(welcome.granted ?? {}, name) : null, why, code: welcome?.denied?.[name] ?? null };
  });
  const named = (/** @type {string} */ kind, /** @type {string[]} */ names) => names.map((name) => ({ name, kind, on: true, why: null, code: null }));
  return [...methods, ...named("op", manifest.ops), ...named("purpose", manifest.purposes)];
}

/** @param {ReturnType<typeof grantsOf>} grants @param {string} bundle @param {any} t @returns {HTMLElement} */
export function grantsList(grants, bundle, t) {
  return h("div", { class: "facts", tabindex: "0", role: "list", "aria-label": t("tab.grants") }, grants.map(({ name, kind, on, why, code }) =>
    h("div", { class: "fact", role: "listitem" }, h("span", { class: "mono" }, name),
      h("span", { class: "row g2" }, h("span", { class: "muted" }, t(`grants.${kind}`)),
        on === null ? h("span", { class: "chip" }, t("grants.unused")) : h("span", { class: on ? "chip ok" : "chip bad" }, on ? t("grants.given") : code ?? t("grants.denied"))),
      on === false && why ? h("span", { class: "sub warned" }, icon("info", 16), " ", t(`why.${why}`, { bundle, method: name })) : null)));
}
