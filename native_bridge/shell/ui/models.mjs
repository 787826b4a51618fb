/**
 * The devices that the phone on the stage can be: what they run, how large they are in CSS pixels, and what they cover.
 *
 * A page learns platform and insets from `app.info`. The shell draws status bar and title bar itself, so a page is covered
 * at the bottom only. To the bank this device stays a browser, whatever it looks like.
 */
export const PLATFORMS = Object.freeze(["browser", "ios", "android", "harmonyos"]);

/** @typedef {{id: string, name: string, platform: string, width: number, height: number, top: number, bottom: number, radius: number}} Model */

const model = (/** @type {string} */ id, /** @type {string} */ name, /** @type {string} */ platform, /** @type {number[]} */ [width, height, top, bottom, radius]) =>
  Object.freeze({ id, name, platform, width, height, top, bottom, radius });

/** @type {readonly Model[]} */
export const MODELS = Object.freeze([
  model("browser", "390 × 844", "browser", [390, 844, 47, 34, 46]),
  model("browser-small", "320 × 568", "browser", [320, 568, 24, 0, 0]),
  model("iphone-15", "iPhone 15", "ios", [393, 852, 59, 34, 55]),
  model("iphone-15-pro-max", "iPhone 15 Pro Max", "ios", [430, 932, 59, 34, 55]),
  model("iphone-se", "iPhone SE", "ios", [375, 667, 20, 0, 0]),
  model("pixel-8", "Pixel 8", "android", [412, 915, 40, 24, 40]),
  model("android-small", "Android 360 × 640", "android", [360, 640, 24, 48, 0]),
  model("mate-60", "HUAWEI Mate 60", "harmonyos", [360, 796, 38, 28, 44]),
]);

/** @param {unknown} id @returns {Model} the first one when there is none of that name */
export function modelOf(id) {
  return MODELS.find((each) => each.id === id) ?? MODELS[0];
}

/** @param {string} platform @returns {Model[]} */
export function modelsOf(platform) {
  return MODELS.filter((each) => each.platform === platform);
}

/** What `app.info` tells of a device. @param {Model} device */
export function deviceInfo({ platform, bottom }) {
  return { platform, insets: { top: 0, bottom, left: 0, right: 0 } };
}
