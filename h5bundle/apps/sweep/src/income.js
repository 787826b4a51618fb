// Income, day by day, and what came and went as a file to keep.

const span = { days: "30" };

/** The statement of the days that are chosen above the kinds of file: money in, money out and income. */
function statementButton() {
  const choices = RANGES.slice(1).map((value) => ({ value, label: t("range." + value) }));
  const above = () => segments({ label: t("yield.ranges"), choices, value: span.days, changed: (days) => { span.days = days; } });
  return h("div", { class: "row" }, exportButton({ label: t("statement.export"), above, obtain: async (kind) => {
    const { from: since, to: until } = daysToNow(Number(span.days));
    const params = { code: CODE, since, until };
    const { file } = await (kind === "pdf" ? ask("sweep.statement.pdf", params) : ask("sweep.statement.csv", params));
    return { name: t("statement.file", { since, until }), kind, content: file.content };
  } }));
}

function incomeRow(line) {
  return h("li", { class: "item" }, h("span", { class: "grow" }, h("b", null, day(line.date)), h("div", { class: "cap num" }, t("income.on"), " ", secret(plainMoney(line.sharesFen)))),
    h("span", { class: "value num" }, h("b", { class: line.amountFen ? "up" : null }, secret(signedMoney(line.amountFen)))));
}

async function incomeView(place) {
  await pagedView(place, {
    title: t("title.income"), op: "sweep.income.list", params: { code: CODE }, items: (answer) => answer.lines, row: incomeRow,
    head: (answer) => (answer.lines.length ? statementButton() : null),
    empty: emptyCard({ mark: "sweep", text: t("income.none"), action: button(t("end.front"), { class: "small" }, async () => go("/", true)).element }),
  });
}
