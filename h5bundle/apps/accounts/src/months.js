// The months of the account: what came in, what went out and what was left, each opening its movements.

const MONTHS_SHOWN = 12;

/** The balances at the ends of the months, the oldest first. */
function monthsChart(months) {
  const series = months.slice(0, MONTHS_SHOWN).reverse().map((one) => ({ date: one.month, value: one.closingFen }));
  const last = series[series.length - 1];
  const what = t("months.closing");
  const options = { sentence: t("months.sentence", { what, count: series.length, month: monthText(last.date), last: plainMoney(last.value) }), dateLabel: t("months.month"), valueLabel: what + t("unit") };
  const chart = barChart(series, { ...options, show: plainMoney, tick: (point) => monthText(point.date) });
  return chartCard({ title: what, value: secret(plainMoney(last.value)), when: monthText(last.date), chart: h("div", { class: "secret line" }, h("div", { class: "shut" }, chart)) });
}

function monthRow(month, caption, value) {
  return openRow({ title: monthText(month), caption, value, open: () => go("/entries/" + month) });
}

function summedRow(one) {
  const sum = (name, kind, fen) => h("div", { class: "cap num" }, t("months." + name) + " ", h("span", { class: kind }, secret(signedMoney(fen))));
  const left = [h("b", null, secret(plainMoney(one.closingFen))), h("div", { class: "cap" }, t("months.closing"))];
  return monthRow(one.month, [sum("in", "up", one.inFen), sum("out", "down", -one.outFen)], left);
}

async function monthsView(place) {
  const title = t("title.months");
  const more = async (account) => (await look("accounts.statements", { accountId: account.accountId })).data.months;
  await loadChosen(place, title, "cdddd", more, ({ account, all, seenAt, more: months }) => {
    const now = monthNow();
    const running = months.some((one) => one.month === now) ? null : monthRow(now, h("div", { class: "cap" }, t("months.running")));
    place.show({
      title, body: [h("h1", { class: "hide" }, title), place.staleNote(seenAt), accountTabs(all, account),
        months.length ? [h("div", { class: "row between" }, h("span", { class: "cap num" }, accountName(account)), eyeButton()), monthsChart(months)] : null, listCard(running, months.map(summedRow)),
        months.length ? null : emptyCard({ mark: "list", text: t("months.none") })],
    });
  });
}
