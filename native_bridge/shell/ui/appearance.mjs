/** Language and theme of the shell: chosen here, kept in this browser, told to the document. */
import { pickLocale } from "./i18n.mjs";

const LOCALE = "tidegate.locale";
const THEME = "tidegate.theme";

/** What was chosen before, or what the browser prefers. @returns {{locale: string, theme: "light" | "dark"}} */
export function keptAppearance() {
  const dark = globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches;
  const kept = localStorage.getItem(THEME);
  return { locale: pickLocale(localStorage.getItem(LOCALE) ?? "zh-CN"), theme: kept === "dark" || (kept === null && dark) ? "dark" : "light" };
}

/** Tell the document and keep the choice. @param {{locale: string, theme: string}} appearance */
export function applyAppearance({ locale, theme }) {
  document.documentElement.lang = locale;
  document.documentElement.dataset.theme = theme;
}

/** @param {{locale: string, theme: string}} appearance */
export function keepAppearance({ locale, theme }) {
  localStorage.setItem(LOCALE, locale);
  localStorage.setItem(THEME, theme);
}
