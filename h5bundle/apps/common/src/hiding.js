// Hiding amounts: one switch for every amount of the bundle, kept by the phone; a hidden figure keeps its width.

const HIDING = "amounts";

function isHidden() {
  return document.documentElement.dataset.amounts === "hidden";
}

function eyeFace(element) {
  const hidden = isHidden();
  element.setAttribute("aria-label", t(hidden ? "show" : "hide"));
  element.setAttribute("aria-pressed", String(hidden));
  refill(element, icon(hidden ? "eyeOff" : "eye"));
}

function setHidden(hidden) {
  document.documentElement.dataset.amounts = hidden ? "hidden" : "shown";
  for (const element of document.querySelectorAll(".eye")) eyeFace(element);
}

/** Take over what the customer chose last time; without an answer amounts are shown. */
async function recallHiding() {
  const kept = await quietly(desk.bridge.store.get({ key: HIDING }));
  setHidden(Boolean(kept && kept.value === "hidden"));
}

/** Something that is not seen while amounts are hidden: four dots in its width, and a word for those who hear it. */
export function secret(...content) {
  return h("span", { class: "secret" }, h("span", { class: "shut" }, content),
    h("span", { class: "dots" }, h("span", { "aria-hidden": "true" }, "••••"), h("span", { class: "hide" }, t("hidden"))));
}

/** The eye: hides every secret of the page, or shows it again. */
export function eyeButton() {
  const element = h("button", {
    type: "button", class: "iconbtn eye",
    onclick: () => {
      setHidden(!isHidden());
      quietly(desk.bridge.store.set({ key: HIDING, value: isHidden() ? "hidden" : "shown" }));
    },
  });
  eyeFace(element);
  return element;
}
