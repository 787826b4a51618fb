// The pieces pages are made of: head, amount, chip, gauge, path, stepper, tracker, facts, list, outcome, proof, note, empty place.

/** A large amount; its cents are small. Options: {xl, secret}; a secret one follows the eye. */
export function amount(fen, options = {}) {
  const parts = amountParts(fen);
  const figures = [parts.sign, parts.whole, h("small", null, parts.cents)];
  return h("div", { class: options.xl ? "amount xl" : "amount" }, options.secret ? secret(figures) : figures);
}

/** An amount with its label and the eye above it: {label, fen, xl}. */
export function hiddenAmount(options) {
  return [h("div", { class: "row" }, h("span", { class: "soft" }, options.label + t("unit")), eyeButton()), amount(options.fen, { xl: options.xl, secret: true })];
}

/** A chip: a state is a word, colour repeats it. Kinds: ok, warn, bad, info, tide, or none. */
export function chip(text, kind, mark) {
  return h("span", { class: kind ? "chip " + kind : "chip" }, mark ? icon(mark) : null, text);
}

/** A gauge filled to `percent`, said in words by `label`: a text, or a secret where the figures beside it are one. */
export function gauge(percent, label) {
  const water = h("span", { "aria-hidden": "true" });
  water.style.width = percent.toFixed(1) + "%";
  return h("div", { class: "gauge" }, water, h("div", { class: "hide" }, label));
}

/** The dates of an order: [{when, what, done}]. */
export function datePath(stops) {
  return h("ol", { class: "path num" }, stops.map((stop) => h("li", { class: stop.done ? "done" : null }, h("b", null, stop.when), h("span", null, stop.what))));
}

/** The steps of a form; names always shown, `now` counts from 0. */
export function stepper(names, now) {
  const state = (index) => (index < now ? "done" : index === now ? "now" : "next");
  return h("ol", { class: "stepper", "aria-label": t("steps.label", { now: now + 1, all: names.length }) }, names.map((name, index) =>
    h("li", { class: state(index), "aria-current": index === now ? "step" : null },
      h("i", { "aria-hidden": "true" }, index < now ? icon("check") : String(index + 1)), name, h("span", { class: "hide" }, t("step." + state(index))))));
}

/** What has happened, from the top down: [{title, caption, action, state: done | now | next | bad}]; a step that waits for the customer holds its button. */
export function tracker(stops) {
  const marks = { done: () => icon("check"), bad: () => icon("x"), now: () => null, next: () => null };
  return h("ol", { class: "track" }, stops.map((stop) => h("li", { class: stop.state, "aria-current": stop.state === "now" ? "step" : null },
    h("i", { "aria-hidden": "true" }, marks[stop.state]()), h("div", null, h("b", null, stop.title), stop.caption ? h("span", { class: "cap num" }, stop.caption) : null, stop.action || null))));
}

/** Facts under one another: [[label, value]]. */
export function facts(rows) {
  return h("dl", { class: "num" }, rows.filter(Boolean).map(([label, value]) => h("div", { class: "kv" }, h("dt", null, label), h("dd", null, value))));
}

/** An id, a digest or a number in letters of one width. */
export function mono(text) {
  return h("span", { class: "mono" }, text);
}

/** Facts beside one another, under a hairline: [[label, value]]. */
export function sideFacts(rows) {
  return h("dl", { class: "facts num" }, rows.map(([label, value]) => h("div", null, h("dt", { class: "cap" }, label), h("dd", null, value))));
}

/** A note inside the flow: kinds info, warn, bad, tide; with an action when a button is given. */
export function note(kind, mark, text, action) {
  return h("div", { class: "note " + kind + (action ? " act" : "") }, icon(mark, "i16"), h("span", { class: "grow" }, text), action);
}

/** A card where something will stand: {mark, text, action}. */
export function emptyCard(options) {
  return h("section", { class: "card empty" }, h("span", { class: "tile plain" }, icon(options.mark, "i24")), h("p", { class: "soft" }, options.text), options.action || null);
}

/** The top of a page: its heading, and a sentence under it. */
export function pageHead(title, text) {
  return h("div", { class: "head" }, h("h1", null, title), text ? h("p", { class: "soft" }, text) : null);
}

/** A card of rows, one under another. */
export function listCard(...rows) {
  return h("section", { class: "card flush" }, h("ul", { class: "list" }, rows));
}

/** How something stands, heard when it changes: {mark, kind (of the tile), title}, and what follows from it. */
export function outcomeCard({ mark, kind, title }, ...below) {
  return h("section", { class: "card outcome", "aria-live": "polite" },
    h("div", { class: "row" }, h("span", { class: "tile " + kind }, icon(mark, "i24")), h("h1", { class: "name" }, title)), below);
}

/** The proof of an order, folded: facts under one another. */
export function proofCard(rows) {
  return h("section", { class: "card flush" }, h("details", null, h("summary", null, t("proof"), icon("down", "i16")), facts(rows)));
}

/** A row that opens something: {title (a text is its name), open, mark, kind (of the tile), caption, value}. */
export function openRow(options) {
  return h("li", null, h("button", { type: "button", class: "item", onclick: options.open }, options.mark ? h("span", { class: "tile " + (options.kind || "") }, icon(options.mark)) : null,
    h("span", { class: "grow" }, typeof options.title === "string" ? h("b", null, options.title) : options.title, options.caption), options.value ? h("span", { class: "value num" }, options.value) : null,
    h("span", { class: "muted" }, icon("right"))));
}

/** Still water behind the balance. */
export function tideLines() {
  const lines = [112, 126, 140, 154, 168, 182].map((top, index) => {
    const rise = 10 + index * 1.4;
    return vector("path", { d: "M-10 " + top + "c28-" + rise + " 62-" + rise + " 92 0s64 " + rise + " 92 0 64-" + rise + " 92 0 64 " + rise + " 102 0" });
  });
  return vector("svg", { class: "tidelines", viewBox: "0 0 358 190", preserveAspectRatio: "xMidYMax slice", "aria-hidden": "true" }, lines);
}
