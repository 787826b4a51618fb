/**
 * Language, theme, device and network of the shell: chosen here or in the address, kept in this browser.
 *
 * The address (`?device=pixel-8&theme=dark&locale=en&network=slow`) goes before what is kept and changes nothing that is
 * kept, so a test or a link can pin them. A choice on the screen is kept, and takes its name out of the address.
 */
import { NETWORKS } from "./faults.mjs";
import { pickLocale } from "./i18n.mjs";
import { MODELS } from "./models.mjs";

/** @typedef {{locale: string, theme: string, device: string, network: string}} Look */

const CHOICES = Object.freeze({
  locale: (/** @type {string} */ value) => value === pickLocale(value),
  theme: (/** @type {string} */ value) => value === "light" || value === "dark",
  device: (/** @type {string} */ value) => MODELS.some(({ id }) => id === value),
  network: (/** @type {string} */ value) => NETWORKS.includes(value),
});

/** What holds: the address, what was chosen before, or what the browser prefers. @returns {Look} */
export function keptLook() {
  const address = new URLSearchParams(location.search);
  const dark = globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches;
  const usual = { locale: "zh-CN", theme: dark ? "dark" : "light", device: MODELS[0].id, network: "online" };
  const held = (/** @type {keyof Look} */ name) =>
    [address.get(name), localStorage.getItem(`tidegate.${name}`)].find((value) => value !== null && CHOICES[name](value)) ?? usual[name];
  return { locale: held("locale"), theme: held("theme"), device: held("device"), network: held("network") };
}

/** Tell the document. @param {{locale: string, theme: string}} look */
export function applyAppearance({ locale, theme }) {
  document.documentElement.lang = locale;
  document.documentElement.dataset.theme = theme;
}

/** Keep what was chosen on the screen. @param {Partial<Look>} change */
export function keepLook(change) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(change)) {
    localStorage.setItem(`tidegate.${name}`, value);
    address.searchParams.delete(name);
  }
  if (address.href !== location.href) history.replaceState(null, "", address);
}
