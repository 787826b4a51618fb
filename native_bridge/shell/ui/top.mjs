/** The top bar: whose shell it is, where it talks to, and the switches for language, theme and recording. */
import { fill, h, icon } from "./dom.mjs";
import { keepingFocus } from "./focus.mjs";
import { pairText } from "./i18n.mjs";

const BFF = Object.freeze({ checking: ["muted", "top.checking"], connected: ["good", "top.connected"], unreachable: ["ill", "top.unreachable"] });

/**
 * @param {{root: HTMLElement, state: import("./state.mjs").State, t: () => any,
 *   on: {reload: () => void, record: () => void, locale: () => void, theme: () => void, help: () => void}}} parts
 */
export function topBar({ root, state, t, on }) {
  state.watch(["locale", "theme", "bff", "bank", "env", "busy", "recording"], () => {
    const say = t();
    const [tone, key] = BFF[state.get("bff")];
    const dark = state.get("theme") === "dark";
    const recording = state.get("recording");
    keepingFocus(root, () => fill(root,
      h("span", { class: "brand" }, icon("mark", 24), "Tidegate"), h("span", { class: "sep" }),
      h("span", null, pairText(state.get("bank"), state.get("locale"))),
      state.get("env") === "sandbox" ? h("span", { class: "chip info" }, say("sandbox")) : state.get("env") ? h("span", { class: "chip bad" }, say("production")) : null,
      h("span", { class: "row g2 muted t12 state", role: "status" }, h("span", { class: `dot ${tone}` }), say(key), h("span", { class: "mono" }, location.host)),
      h("span", { class: "grow" }),
      h("button", { class: "btn ghost", onclick: on.reload, "aria-busy": state.get("busy") ? "true" : null, "data-do": "reload" }, icon("refresh", 16), say("top.reload")),
      h("button", { class: "btn rec", onclick: on.record, "aria-pressed": String(recording), "data-do": "record" }, icon("rec", 16), say(recording ? "top.recordStop" : "top.record")),
      h("span", { class: "sep" }),
      h("button", { class: "btn ghost", onclick: on.locale, lang: "mul", "aria-label": say("top.locale"), "data-do": "locale" }, "中 / EN"),
      h("button", { class: "btn ghost icon", onclick: on.theme, "aria-label": say(dark ? "top.light" : "top.dark"), "data-do": "theme" }, icon(dark ? "sun" : "moon", 16)),
      h("button", { class: "btn ghost icon", onclick: on.help, "aria-label": say("help.title"), "data-do": "help" }, icon("keyboard", 16))));
  });
}
