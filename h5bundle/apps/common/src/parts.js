// The pieces pages are made of: amount, chip, risk staff, gauge, path, stepper, tracker, chart, facts, list, note.

/** A large amount; its cents are small. Options: {xl, hidden}. */
export function amount(fen, options = {}) {
  const size = options.xl ? "amount xl" : "amount";
  if (options.hidden) return h("div", { class: size }, h("span", { "aria-hidden": "true" }, "••••••"), h("span", { class: "hide" }, t("hidden")));
  const parts = amountParts(fen);
  return h("div", { class: size }, parts.sign, parts.whole, h("small", null, parts.cents));
}

/** A chip: a state is a word, colour repeats it. Kinds: ok, warn, bad, info, tide, or none. */
export function chip(text, kind, mark) {
  return h("span", { class: kind ? "chip " + kind : "chip" }, mark ? icon(mark) : null, text);
}

/** The risk staff: five marks, n under water. */
export function riskStaff(risk) {
  const level = Number(risk.slice(1));
  const name = t("r" + level);
  const marks = [1, 2, 3, 4, 5].map((mark) => h("u", { class: mark <= level ? "lit" : null }));
  return h("span", { class: "risk r" + level, role: "img", "aria-label": t("risk.label", { risk, name }) }, h("i", null, marks), risk + " " + name);
}

/** A gauge filled to `percent`, said in words by `label`. */
export function gauge(percent, label) {
  const water = h("span");
  water.style.width = percent.toFixed(1) + "%";
  return h("div", { class: "gauge", role: "img", "aria-label": label }, water);
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

/** What has happened, from the top down: [{title, caption, state: done | now | next | bad}]. */
export function tracker(stops) {
  const marks = { done: () => icon("check"), bad: () => icon("x"), now: () => null, next: () => null };
  return h("ol", { class: "track" }, stops.map((stop) => h("li", { class: stop.state, "aria-current": stop.state === "now" ? "step" : null },
    h("i", { "aria-hidden": "true" }, marks[stop.state]()), h("div", null, h("b", null, stop.title), stop.caption ? h("span", { class: "cap num" }, stop.caption) : null))));
}

/** Facts under one another: [[label, value]]. */
export function facts(rows) {
  return h("dl", { class: "num" }, rows.filter(Boolean).map(([label, value]) => h("div", { class: "kv" }, h("dt", null, label), h("dd", null, value))));
}

/** Facts beside one another, under a hairline: [[label, value]]. */
export function sideFacts(rows) {
  return h("dl", { class: "facts num" }, rows.map(([label, value]) => h("div", null, h("dt", { class: "cap" }, label), h("dd", null, value))));
}

/** A note inside the flow: kinds info, warn, bad, tide; with an action when a button is given. */
export function note(kind, mark, text, action) {
  return h("div", { class: "note " + kind + (action ? " act" : "") }, icon(mark, "i16"), h("span", { class: "grow" }, text), action);
}

/** A row that opens something. */
export function openRow(options) {
  return h("li", null, h("button", { type: "button", class: "item", onclick: options.open }, options.mark ? h("span", { class: "tile" }, icon(options.mark)) : null,
    h("span", { class: "grow" }, options.title, options.caption), options.value ? h("span", { class: "value num" }, options.value) : null,
    h("span", { class: "muted" }, icon("right"))));
}

function linePath(points) {
  return points.map(([x, y], index) => (index ? "L" : "M") + x.toFixed(1) + " " + y.toFixed(1)).join("");
}

/** A line of values [{date, value}] with a sentence for those who hear it, and its figures in a table. */
export function lineChart(series, options) {
  const values = series.map((point) => Number(point.value));
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, index) => [values.length > 1 ? (index / (values.length - 1)) * 326 : 326, 92 - ((value - low) / span) * 80]);
  const [x, y] = points[points.length - 1];
  const line = linePath(points);
  const picture = vector("svg", { class: "chart", viewBox: "0 0 326 101", role: "img", "aria-label": options.sentence },
    vector("path", { class: "grid", d: "M0 8.5H326M0 50.5H326M0 92.5H326" }), vector("path", { class: "ar", d: line + "L326 92.5L0 92.5Z" }),
    vector("path", { class: "ln", d: line }), vector("circle", { class: "pt", cx: Math.min(x, 322), cy: y, r: 4 }));
  const ends = [series[0], series[Math.floor((series.length - 1) / 2)], series[series.length - 1]];
  const rows = series.slice().reverse().map((point) => h("tr", null, h("td", null, shortDay(point.date)), h("td", null, point.value)));
  return [picture, h("div", { class: "ticks t12 muted num", "aria-hidden": "true" }, ends.map((point) => h("span", null, shortDay(point.date)))),
    h("details", null, h("summary", null, t("data"), icon("down", "i16")),
      h("table", { class: "num" }, h("thead", null, h("tr", null, h("th", { scope: "col" }, options.dateLabel), h("th", { scope: "col" }, options.valueLabel))), h("tbody", null, rows)))];
}

/** Still water behind the balance. */
export function tideLines() {
  const lines = [112, 126, 140, 154, 168, 182].map((top, index) => {
    const rise = 10 + index * 1.4;
    return vector("path", { d: "M-10 " + top + "c28-" + rise + " 62-" + rise + " 92 0s64 " + rise + " 92 0 64-" + rise + " 92 0 64 " + rise + " 102 0" });
  });
  return vector("svg", { class: "tidelines", viewBox: "0 0 358 190", preserveAspectRatio: "xMidYMax slice", "aria-hidden": "true" }, lines);
}
