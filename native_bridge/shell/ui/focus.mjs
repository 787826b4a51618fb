/** Keeping the keyboard inside a dialog, giving focus back to where it was, and holding it while something is drawn anew. */
const REACHABLE = "button:not([disabled]),input:not([disabled]),select,a[href],[tabindex]:not([tabindex='-1'])";

/** @param {Element} root @returns {HTMLElement[]} */
function reachable(root) {
  return [...root.querySelectorAll(REACHABLE)].filter((element) => element.getClientRects().length > 0);
}

/** @param {KeyboardEvent} event @param {HTMLElement} root */
function turn(event, root) {
  const stops = reachable(root);
  if (stops.length === 0) return;
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const outside = !root.contains(document.activeElement) || document.activeElement === root;
  if (event.shiftKey && (outside || document.activeElement === first)) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && (outside || document.activeElement === last)) {
    event.preventDefault();
    first.focus();
  }
}

/**
 * Hold the keyboard inside an element until released.
 * @param {HTMLElement} root @param {{onEscape: () => void, onKey?: (event: KeyboardEvent) => void}} handlers
 * @returns {() => void} release
 */
export function holdFocus(root, { onEscape, onKey }) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  /** @param {KeyboardEvent} event */
  function listen(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      onEscape();
    } else if (event.key === "Tab") turn(event, root);
    else onKey?.(event);
    event.stopPropagation();
  }
  /** @param {FocusEvent} event */
  function recall(event) {
    if (!root.contains(/** @type {Node} */ (event.target))) root.focus();
  }
  document.addEventListener("keydown", listen, true);
  document.addEventListener("focusin", recall, true);
  root.setAttribute("tabindex", "-1");
  root.focus();
  return () => {
    document.removeEventListener("keydown", listen, true);
    document.removeEventListener("focusin", recall, true);
    if (before?.isConnected) before.focus();
  };
}

/**
 * Draw anew without losing the keyboard: the element in the same place gets it.
 * @param {HTMLElement} root @param {() => void} draw
 */
export function keepingFocus(root, draw) {
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  if (!active || active === root || !root.contains(active)) {
    draw();
    return;
  }
  const way = [];
  for (let each = /** @type {Element} */ (active); each !== root; each = /** @type {Element} */ (each.parentElement)) way.unshift([.../** @type {Element} */ (each.parentElement).children].indexOf(each));
  draw();
  const there = way.reduce((/** @type {Element | undefined} */ place, at) => place?.children[at], root);
  if (there?.tagName === active.tagName) /** @type {HTMLElement} */ (there).focus({ preventScroll: true });
}
