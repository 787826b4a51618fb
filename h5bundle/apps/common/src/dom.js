// Making elements: text is always text, never markup, and no style or handler ever stands in an attribute.

const SVG = "http://www.w3.org/2000/svg";

function dress(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "value") element.value = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

function fill(element, children) {
  for (const child of children.flat(4)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** Make an element: attributes, `on…` handlers, then children (nodes, text, lists; null and false are left out). */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) dress(element, name, value);
  return fill(element, children);
}

/** Make an SVG element. */
function vector(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes || {})) dress(element, name, value);
  return fill(element, children);
}

/** Put children in the place of everything an element holds. */
export function refill(element, ...children) {
  element.replaceChildren();
  return fill(element, children);
}

let lastId = 0;

/** A new id for label, description and the like. */
function freshId(stem) {
  lastId += 1;
  return stem + "-" + lastId;
}
