/**
 * How the shell makes elements: from data, never from markup in a string, and without style attributes (the CSP of the
 * shell allows neither).
 */
const SVG = "http://www.w3.org/2000/svg";
const SPRITE = "/shell/icons.svg";

/** @typedef {Node | string | number | null | undefined | false} Child */

/** @param {Element} element @param {string} name @param {unknown} value */
function assign(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  else if (name === "place") Object.assign(/** @type {HTMLElement} */ (element).style, value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/**
 * Make an element. Attributes as in HTML; `onclick` and its like are listeners; `place` sets geometry over the CSSOM.
 * @param {string} tag @param {Record<string, unknown> | null} [attributes] @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) assign(element, name, value);
  if (tag === "button" && !element.hasAttribute("type")) element.setAttribute("type", "button");
  element.append(...shown(children));
  return element;
}

/** @param {(Child | Child[])[]} children @returns {(Node | string)[]} */
function shown(children) {
  return children
    .flat()
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/** Put the sprite into the document, so that pictures cost no request. Without it the words still stand. @returns {Promise<void>} */
export async function loadSprite() {
  const response = await fetch(SPRITE).catch(() => null);
  if (!response?.ok) return;
  const sprite = new DOMParser().parseFromString(await response.text(), "image/svg+xml").documentElement;
  sprite.setAttribute("class", "sprite");
  sprite.setAttribute("aria-hidden", "true");
  document.body.append(document.importNode(sprite, true));
}

/** A picture of the sprite. @param {string} name @param {16 | 20 | 24 | 14} [size] @returns {SVGElement} */
export function icon(name, size = 20) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", size === 20 ? "i" : `i i${size}`);
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  picture.append(use);
  return picture;
}

/** A picture from path data. @param {string} viewBox @param {string} d @param {string} className @returns {SVGElement} */
export function drawing(viewBox, d, className) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", viewBox);
  picture.setAttribute("class", className);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", d);
  picture.append(path);
  return picture;
}

/** Replace what an element holds. @param {Element} element @param {...(Child | Child[])} children */
export function fill(element, ...children) {
  element.replaceChildren(...shown(children));
}
