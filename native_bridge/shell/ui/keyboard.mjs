/** The keys of the tool: they act only when nobody is typing and no dialog or sheet is open. */

/** @param {KeyboardEvent} event */
function busy(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  return event.ctrlKey || event.metaKey || event.altKey || target.closest?.("input,textarea,select,[role=dialog]") !== null;
}

/**
 * @param {{rows: (step: 1 | -1) => void, enter: () => void, faults: () => void, home: () => void, help: () => void}} on
 */
export function listenKeys(on) {
  const keys = { j: () => on.rows(1), k: () => on.rows(-1), f: on.faults, h: on.home, "?": on.help };
  document.addEventListener("keydown", (event) => {
    if (busy(event)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "Enter" && document.activeElement?.hasAttribute("data-row")) {
      event.preventDefault();
      on.enter();
    } else if (Object.hasOwn(keys, key)) {
      event.preventDefault();
      keys[key]();
    }
  });
}
