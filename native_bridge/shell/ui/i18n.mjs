/** The shell's two languages: a table each, one lookup, and no sentence anywhere else. */
import { EN } from "./texts.en.mjs";
import { ZH } from "./texts.zh.mjs";

export const LOCALES = Object.freeze(["zh-CN", "en"]);
const TABLES = Object.freeze({ "zh-CN": ZH, en: EN });

/** @param {string | undefined} wanted BCP 47 tag @returns {"zh-CN" | "en"} */
export function pickLocale(wanted) {
  return wanted && wanted.toLowerCase().startsWith("en") ? "en" : "zh-CN";
}

/** Does the table know the key? @param {string} locale @param {string} key */
export function knows(locale, key) {
  return Object.hasOwn(TABLES[locale], key);
}

/**
 * Say one text; `{name}` stands for a parameter.
 * @param {string} locale @param {string} key @param {Record<string, string | number>} [parameters]
 * @returns {string}
 */
export function say(locale, key, parameters = {}) {
  if (!knows(locale, key)) throw new RangeError(`no text ${key} in ${locale}`);
  return TABLES[locale][key].replace(/\{(\w+)\}/g, (_whole, name) => String(parameters[name] ?? ""));
}

/** Bind {@link say} to a locale. @param {string} locale */
export function sayIn(locale) {
  return (/** @type {string} */ key, /** @type {Record<string, string | number>} */ parameters) =>
    say(locale, key, parameters);
}

/** One of a pair that comes from outside. @param {{zh: string, en: string} | undefined} pair @param {string} locale */
export function pairText(pair, locale) {
  if (!pair) return "";
  return locale === "en" ? pair.en : pair.zh;
}
