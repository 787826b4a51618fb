/** Six dots and a pad whose keys are shuffled at each showing; the digits live in this closure and nowhere else. */
import { fill, h, icon } from "./dom.mjs";
import { LENGTH } from "./pin.mjs";

/** A fair order of ten digits. @param {(limit: number) => number} below @returns {string[]} */
export function shuffled(below) {
  const digits = [..."0123456789"];
  for (let index = digits.length - 1; index > 0; index -= 1) {
    const other = below(index + 1);
    [digits[index], digits[other]] = [digits[other], digits[index]];
  }
  return digits;
}

/** A random integer below a limit of at most 256, without bias. @param {number} limit @returns {number} */
export function randomBelow(limit) {
  const fair = 256 - (256 % limit);
  for (;;) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < fair) return byte % limit;
  }
}

/**
 * Make a pad.
 * @param {{t: (key: string, parameters?: any) => string, onDone: (pin: string) => void, onFace?: () => void}} parts
 * @returns {{elements: HTMLElement[], key: (event: KeyboardEvent) => void, clear: (wrong?: boolean) => void}}
 */
export function pinPad({ t, onDone, onFace }) {
  let typed = "";
  const dots = h("div", { class: "pins", role: "img" });
  const keys = h("div", { class: "keys num", role: "group", "aria-label": t("pin.keys") });

  function showDots() {
    fill(dots, Array.from({ length: LENGTH }, (_none, index) => h("i", { class: index < typed.length ? "f" : null })));
    dots.setAttribute("aria-label", t("pin.typed", { count: typed.length }));
  }
  /** @param {string} digit */
  function press(digit) {
    if (typed.length === LENGTH) return;
    typed += digit;
    showDots();
    if (typed.length === LENGTH) onDone(typed);
  }
  function erase() {
    if (typed.length === LENGTH) return; // a whole PIN is being checked; it is cleared by whoever checks it
    typed = typed.slice(0, -1);
    showDots();
  }
  function layKeys() {
    const faces = shuffled(randomBelow).map((digit) => h("button", { onclick: () => press(digit) }, digit));
    const left = onFace
      ? h("button", { class: "x", "aria-label": t("pin.face"), onclick: onFace }, icon("face", 24))
      : h("span", { class: "x" });
    const right = h("button", { class: "x", "aria-label": t("pin.erase"), onclick: erase }, icon("del", 24));
    fill(keys, faces.slice(0, 9), left, faces[9], right);
  }

  showDots();
  layKeys();
  return {
    elements: [dots, keys],
    key(event) {
      if (/^\d$/.test(event.key)) press(event.key);
      if (event.key === "Backspace") erase();
    },
    clear(wrong = false) {
      typed = "";
      showDots();
      layKeys();
      dots.classList.toggle("shake", wrong);
      if (wrong) dots.addEventListener("animationend", () => dots.classList.remove("shake"), { once: true });
    },
  };
}
