// Income, day by day.

function incomeRow(line) {
  return h("li", { class: "item" }, h("span", { class: "grow" }, h("b", null, day(line.date)), h("div", { class: "cap num" }, t("income.on"), " ", secret(plainMoney(line.sharesFen)))),
    h("span", { class: "value num" }, h("b", { class: line.amountFen ? "up" : null }, secret(signedMoney(line.amountFen)))));
}

async function incomeView(place) {
  await pagedView(place, {
    title: t("title.income"), op: "sweep.income.list", params: { code: CODE }, items: (answer) => answer.lines, row: incomeRow,
    empty: emptyCard({ mark: "sweep", text: t("income.none"), action: button(t("end.front"), { class: "small" }, async () => go("/", true)).element }),
  });
}
