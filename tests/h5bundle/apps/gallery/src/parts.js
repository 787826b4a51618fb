// What is looked at: amounts with the eye, charts, tabs, months, a list with cursors.

const shown = { range: "month", month: monthNow() };

function yieldCard(place) {
  const days = { week: 7, month: 30, quarter: 92, year: 365 }[shown.range];
  const series = Array.from({ length: days }, (_, index) => ({ date: new Date(Date.UTC(2026, 10, 19) - (days - 1 - index) * 86400000).toISOString().slice(0, 10), value: (1.953 + 0.057 * (1 - index / (days - 1)) + 0.02 * Math.sin(index / 4) * (1 - index / (days - 1))).toFixed(3) }));
  const choices = ["week", "month", "quarter", "year"].map((value) => ({ value, label: t(value) }));
  return chartCard({
    title: t("yield"), value: "1.953%", chart: lineChart(series, { sentence: t("yield.sentence"), dateLabel: t("date"), valueLabel: t("value") }),
    ranges: segments({ label: t("range"), choices, value: shown.range, changed: (value) => { shown.range = value; partsView(place); } }),
  });
}

function incomeCard() {
  const fen = [4210, 5330, -120, 6190, 6820, 6460];
  const series = fen.map((value, index) => ({ date: "2026-" + String(index + 6).padStart(2, "0") + "-01", value }));
  return chartCard({ title: t("income"), value: money(6460), when: monthText("2026-11"), chart: barChart(series, { sentence: t("income.sentence"), dateLabel: t("date"), valueLabel: t("value"), tick: (point) => monthText(point.date.slice(0, 7)) }) });
}

async function partsView(place) {
  const still = document.querySelector("main") !== null;
  place.show({
    title: t("title.parts"), still,
    body: [h("h1", { class: "hide" }, t("title.parts")), h("section", { class: "hero" }, hiddenAmount({ label: t("hold"), fen: 4000000, xl: true }), h("p", { class: "cap" }, t("income"), " ", secret(h("b", { class: "num" }, signedMoney(214))))),
      h("section", { class: "card" }, gauge(40, secret(money(1234500)))), yieldCard(place), incomeCard(),
      h("section", { class: "card flush" }, switchField({ label: t("auto"), caption: t("auto.text"), value: true, changed: async () => { await ask("gallery.entry", { entry: "e1" }); } }).element),
      stepper([t("step.1"), t("step.2"), t("step.3")], 1),
      h("section", { class: "card" }, tracker([{ title: t("sent"), caption: moment("2026-11-19T02:24:00Z"), state: "done" },
        { title: t("check"), caption: t("check.text"), state: "now", action: button(t("again"), { class: "small" }, async () => toast(t("sent"))).element }, { title: t("made"), state: "next" }])),
      emptyCard({ mark: "list", text: t("none"), action: button(t("open"), { class: "small" }, async () => go("/form")).element }),
      h("section", { class: "card flush" }, h("ul", { class: "list" }, openRow({ mark: "list", title: t("title.list"), open: () => go("/list"), value: chip(t("again"), "warn") }))), amount(5)],
  });
}

function entryRow(entry) {
  return openRow({ title: entry.memo, caption: h("div", { class: "cap num" }, moment(entry.at)), value: secret(signedMoney(entry.amountFen)), open: () => go("/entry/" + entry.id) });
}

async function listView(place) {
  await pagedView(place, {
    title: t("title.list"), op: "gallery.list", params: monthDays(shown.month), items: (answer) => answer.entries, row: entryRow,
    head: () => h("section", { class: "card flush" }, h("div", { class: "row between wrap" }, monthField({ value: shown.month, from: "2026-01", to: monthNow(), changed: (month) => { shown.month = month; listView(place); } }), eyeButton(),
      exportButton({ obtain: (kind) => ask("gallery.export", { kind }) }))),
    empty: emptyCard({ mark: "list", text: t("none") }),
  });
}

async function entryView(place) {
  await place.load(t("title.entry"), "c", () => look("gallery.entry", { entry: place.params.entry }), ({ data, seenAt }) => place.show({
    title: t("title.entry"), body: [h("h1", null, data.memo), place.staleNote(seenAt), h("p", { class: "num" }, money(data.amountFen))],
  }));
}
