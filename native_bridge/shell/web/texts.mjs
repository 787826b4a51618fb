/** The web host's texts, both languages side by side. */
const TEXTS = Object.freeze({
  "app.open": { zh: "在 App 中打开", en: "Open in the app" },
  "app.why": { zh: "这一步要在 App 中办理", en: "This step needs the app" },
  "back": { zh: "返回", en: "Back" },
  "frame": { zh: "{title}的页面", en: "Page of {title}" },
  "loading": { zh: "正在打开", en: "Opening" },
  "retry": { zh: "重试", en: "Try again" },
  "need.title": { zh: "请在 App 中打开", en: "Open this in the app" },
  "need.why": { zh: "{title}要用到手机里的密钥和登录状态，网页里没有。", en: "{title} needs the key and the session that only the app has." },
  "none.title": { zh: "现在不能在网页中打开", en: "Not available on the web now" },
  "none.why": { zh: "这个页面没有可在网页中打开的版本。请在 App 中打开，或稍后再试。", en: "No release of this page is offered on the web. Open it in the app, or try again later." },
  "failed.title": { zh: "页面没有打开", en: "The page did not open" },
  "failed.why": { zh: "网络或页面出了问题，什么都没有提交。", en: "The network or the page failed. Nothing was submitted." },
  "ended.title": { zh: "页面已停止", en: "The page has stopped" },
  "ended.why": { zh: "页面离开了自己的位置，或不再回应。", en: "The page left its place, or does not answer any more." },
  "left.title": { zh: "可以关闭这个网页了", en: "You can close this page" },
  "left.why": { zh: "页面已经结束。", en: "The page has finished." },
});

/** @param {string} locale @returns {(key: keyof typeof TEXTS, parameters?: Record<string, string>) => string} */
export function sayIn(locale) {
  const language = locale === "en" ? "en" : "zh";
  return (key, parameters = {}) => TEXTS[key][language].replace(/\{(\w+)\}/g, (_whole, name) => parameters[name] ?? "");
}
