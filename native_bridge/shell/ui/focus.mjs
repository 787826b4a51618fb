/** Keeping the keyboard inside a dialog, and giving focus back to where it was. */
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
