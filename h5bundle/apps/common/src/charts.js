// Charts: a line of values, bars of income. At most four hairlines, the value in words above, a sentence for those who hear
// it, and the figures in a table behind a button. An axis that does not begin at zero is labelled.

const CHART = { width: 326, top: 8.5, bottom: 92.5, height: 101 };
const STEPS = [1, 2, 2.5, 5, 10, 20, 25];
const BAR_MOST = 24;

/** Round marks around values, three spaces at most: from the lowest to the highest mark. */
export function marksOf(values, withZero) {
  const low = Math.min(...values, ...(withZero ? [0] : []));
  const high = Math.max(...values, ...(withZero ? [0] : []));
  const span = high - low || Math.abs(high) * 0.1 || 1;
  const unit = 10 ** Math.floor(Math.log10(span / 3));
  const places = Math.max(0, 1 - Math.floor(Math.log10(unit)));
  for (const factor of STEPS) {
    const step = unit * factor;
    const first = Math.floor(low / step + 1e-9);
    const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
    if (last - first <= 3) return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toFixed(places)));
  }
  throw new RangeError("no marks for " + span);
}

function heightOn(marks, value) {
  const share = (value - marks[0]) / (marks[marks.length - 1] - marks[0]);
  return CHART.bottom - share * (CHART.bottom - CHART.top);
}

function hairlines(marks) {
  const d = marks.map((mark) => "M0 " + heightOn(marks, mark).toFixed(1) + "H" + CHART.width).join("");
  return vector("path", { class: "grid", d });
}

/** The names of the hairlines, beside the picture: text follows the customer's size. */
function markLabels(marks, show) {
  return h("div", { class: "marks t12 muted num", "aria-hidden": "true" }, marks.map((mark) => {
    const label = h("span", null, show(mark));
    label.style.top = ((heightOn(marks, mark) / CHART.height) * 100).toFixed(1) + "%";
    return label;
  }), h("i", null, marks.map((mark) => show(mark)).reduce((long, text) => (text.length > long.length ? text : long), "")));
}

function plot(series, options, marks, shapes) {
  const picture = vector("svg", { class: "chart", viewBox: "0 0 " + CHART.width + " " + CHART.height, role: "img", "aria-label": options.sentence }, hairlines(marks), shapes);
  const ends = series.length > 2 ? [series[0], series[Math.floor((series.length - 1) / 2)], series[series.length - 1]] : series;
  const label = options.tick || ((point) => shortDay(point.date));
  return [h("div", { class: "plot" }, markLabels(marks, options.mark || String), picture,
    h("div", { class: "ticks t12 muted num", "aria-hidden": "true" }, ends.map((point) => h("span", null, label(point))))), figuresTable(series, options, label)];
}

/** The figures of a chart, the latest first, behind a button. */
function figuresTable(series, options, label) {
  const show = options.show || ((value) => String(value));
  const rows = series.slice().reverse().map((point) => h("tr", null, h("td", null, label(point)), h("td", null, show(point.value))));
  return h("details", { class: "figures" }, h("summary", null, t("data"), icon("down", "i16")),
    h("table", { class: "num" }, h("thead", null, h("tr", null, h("th", { scope: "col" }, options.dateLabel), h("th", { scope: "col" }, options.valueLabel))), h("tbody", null, rows)));
}

/** How many decimals a value is written with: those of the values themselves. */
function decimalsOf(series) {
  return Math.max(...series.map((point) => (String(point.value).split(".")[1] || "").length));
}

/**
 * A line of values [{date, value}], for a net value or a yield. Options: {sentence, dateLabel, valueLabel, show(value),
 * mark(number), tick(point)}; `sentence` says the whole chart, and marks are written with the decimals of the values.
 */
export function lineChart(series, options) {
  const values = series.map((point) => Number(point.value));
  const marks = marksOf(values);
  const across = (index) => (values.length > 1 ? (index / (values.length - 1)) * CHART.width : CHART.width);
  const line = values.map((value, index) => (index ? "L" : "M") + across(index).toFixed(1) + " " + heightOn(marks, value).toFixed(1)).join("");
  const floor = "V" + CHART.bottom;
  const decimals = Math.min(decimalsOf(series), 4);
  const last = values.length - 1;
  return plot(series, { mark: (value) => value.toFixed(decimals), ...options }, marks, [
    vector("path", { class: "ar", d: line + floor + "H" + across(0).toFixed(1) + "Z" }), vector("path", { class: "ln", d: line }),
    vector("circle", { class: "pt", cx: Math.min(across(last), CHART.width - 4), cy: heightOn(marks, values[last]), r: 4 })]);
}

/**
 * Bars of income [{date, value: fen}] from the line of zero, the last one strong. Options as for a line; figures are
 * money unless `show` and `mark` say otherwise.
 */
export function barChart(series, options) {
  const values = series.map((point) => Number(point.value));
  const marks = marksOf(values, true);
  const room = CHART.width / values.length;
  const width = Math.min(room * 0.6, BAR_MOST);
  const zero = heightOn(marks, 0);
  const bars = values.map((value, index) => {
    const end = heightOn(marks, value);
    const kind = index === values.length - 1 ? "bar last" : "bar";
    return vector("rect", { class: kind, x: (room * (index + 0.5) - width / 2).toFixed(1), y: Math.min(zero, end).toFixed(1), width: width.toFixed(1), height: Math.abs(zero - end).toFixed(1), rx: Math.min(2, width / 2).toFixed(1) });
  });
  return plot(series, { show: signedMoney, mark: wholeMoney, ...options }, marks, bars);
}

/** A card around a chart: {title, value, when, aside, ranges, chart}; `value` is the figure in words that stands above. */
export function chartCard(options) {
  return h("section", { class: "card" }, h("div", { class: "row between wrap" }, h("h2", null, options.title), options.aside ? h("span", { class: "cap num" }, options.aside) : null),
    h("div", { class: "row wrap num" }, h("b", { class: "figure" }, options.value), options.when ? h("span", { class: "cap" }, options.when) : null), options.chart, options.ranges || null);
}
