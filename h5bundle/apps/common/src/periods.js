// Periods: a month to look at, with the one before and after it, and a list of all that there are.

/** The month of a date: "2026-11" of "2026-11-20". */
export function monthOf(date) {
  return date.slice(0, 7);
}

/** The month of today in Beijing. */
export function monthNow(now = Date.now()) {
  return monthOf(new Date(now + BEIJING).toISOString());
}

/** A month moved by some: "2026-12" and 1 give "2027-01". */
export function monthBy(month, by) {
  const at = new Date(month + "-01T00:00:00Z");
  at.setUTCMonth(at.getUTCMonth() + by);
  return monthOf(at.toISOString());
}

/** The first and last day of a month: {from: "2026-11-01", to: "2026-11-30"}. */
export function monthDays(month) {
  const end = new Date(monthBy(month, 1) + "-01T00:00:00Z");
  end.setUTCDate(0);
  return { from: month + "-01", to: end.toISOString().slice(0, 10) };
}

/** So many days that end today in Beijing: {from: "2026-10-22", to: "2026-11-20"}. */
export function daysToNow(days, now = Date.now()) {
  const [from, to] = [days - 1, 0].map((back) => new Date(now + BEIJING - back * DAY).toISOString().slice(0, 10));
  return { from, to };
}

/** A month in words: 2026年11月; Nov 2026. */
export function monthText(month) {
  const [year, number] = month.split("-").map(Number);
  return language() === "en" ? MONTHS[number - 1] + " " + year : year + "年" + number + "月";
}

function monthSheet(options) {
  const all = [];
  for (let month = options.to; month >= options.from; month = monthBy(month, -1)) all.push(month);
  const choose = (month) => { sheet.close(); options.changed(month); };
  const rows = all.map((month) => h("li", null, h("button", { type: "button", class: "item", "aria-current": month === options.value ? "true" : null, onclick: () => choose(month) },
    h("span", { class: "grow" }, monthText(month)), month === options.value ? icon("check") : null)));
  const sheet = pageSheet(t("month.choose"), h("ul", { class: "list" }, rows));
}

/** Choose a month: {value, from, to, changed(month)}, months as "2026-11". */
export function monthField(options) {
  const step = (by, mark, name) => {
    const month = monthBy(options.value, by);
    const off = month < options.from || month > options.to;
    return h("button", { type: "button", class: "iconbtn", "aria-label": t(name), disabled: off, onclick: () => options.changed(month) }, icon(mark));
  };
  return h("div", { class: "months row between" }, step(-1, "left", "month.before"),
    h("button", { type: "button", class: "btn ghost small", "aria-haspopup": "dialog", onclick: () => monthSheet(options) }, h("span", { class: "num" }, monthText(options.value)), icon("down", "i16")),
    step(1, "right", "month.after"));
}
