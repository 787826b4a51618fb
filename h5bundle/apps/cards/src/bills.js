// Bills and entries: one bill with its parts, the bills before it, and every movement.

const ENTRY_MARKS = { REPAYMENT: "ok", REFUND: "ok", INTEREST: "warn", FEE: "warn", LATE: "bad" };

function entryRow(entry) {
  const tail = entry.cardTail ? " · " + t("card.tail", { tail: entry.cardTail }) : "";
  return h("li", { class: "item" }, h("span", { class: "grow" }, h("b", null, t("entry." + entry.kind, { memo: entry.memo })), h("span", { class: "cap num line" }, day(entry.day) + tail)),
    h("span", { class: "value num" }, secret(plainMoney(entry.amountFen)), ENTRY_MARKS[entry.kind] && entry.amountFen > 0 ? h("div", null, chip(t("entry.charged"), ENTRY_MARKS[entry.kind])) : null));
}

/** The newest transactions as a file: as many as one holds. */
function entriesButton(accountId) {
  return exportButton({ label: t("entries.export"), obtain: async (kind) => {
    const { file } = await (kind === "pdf" ? ask("cards.entry.pdf", { accountId }) : ask("cards.entry.csv", { accountId }));
    return { name: t("entries.file"), kind, content: file.content };
  } });
}

function billButton(bill, params) {
  return exportButton({ label: t("bill.export"), obtain: async (kind) => {
    const { file } = await (kind === "pdf" ? ask("cards.bill.pdf", params) : ask("cards.bill.csv", params));
    return { name: t("bill.file", { date: bill.closedOn }), kind, content: file.content };
  } });
}

async function entriesView(place) {
  const account = place.params.account;
  await pagedView(place, {
    title: t("title.entries"), op: "cards.entry.list", params: { accountId: account, limit: "30" },
    items: (answer) => answer.entries, row: entryRow, empty: emptyCard({ mark: "list", text: t("entries.none") }),
    head: (answer) => (answer.entries.length ? [h("div", { class: "row between" }, h("span", { class: "soft" }, t("entries.all")), eyeButton()), h("div", { class: "row" }, entriesButton(account))] : null),
  });
}

async function billsView(place) {
  const account = place.params.account;
  await pagedView(place, {
    title: t("title.bills"), op: "cards.bill.list", params: { accountId: account }, items: (answer) => answer.bills,
    row: (bill) => openRow({
      title: day(bill.closedOn), caption: h("span", { class: "cap num line" }, t("bill.due", { date: day(bill.dueOn) })), open: () => go("/bill/" + account + "/" + bill.cycle),
      value: [h("b", null, secret(plainMoney(bill.totalFen))), h("div", null, chip(t(bill.leftFen ? "bill.open.chip" : "bill.paid"), bill.leftFen ? "warn" : "ok"))],
    }),
    empty: emptyCard({ mark: "list", text: t("bills.none") }),
  });
}

async function billView(place) {
  const params = { accountId: place.params.account, cycle: place.params.cycle };
  const obtain = async () => {
    const bill = await look("cards.bill.get", params);
    const entries = await look("cards.entry.list", { ...params, limit: "100" });
    return { bill: bill.data, entries: entries.data.entries, seenAt: bill.seenAt || entries.seenAt };
  };
  await place.load(t("title.bill"), "bcc", obtain, ({ bill, entries, seenAt }) => {
    const parts = [["bill.principal", bill.principalFen], ["bill.cash", bill.cashFen], ["bill.interest", bill.interestFen], ["bill.fee", bill.feeFen]].filter(([, fen]) => fen);
    place.show({
      title: t("title.bill"),
      action: bill.leftFen ? button(t("card.repay"), { class: "primary block" }, async () => go("/repay/" + place.params.account)).element : null,
      body: [pageHead(t("bill.title", { date: day(bill.closedOn) })), place.staleNote(seenAt),
        h("section", { class: "card" }, hiddenAmount({ label: t("bill.total"), fen: bill.totalFen, xl: true }),
          sideFacts([[t("bill.minimum"), secretMoney(bill.minimumFen)], [t("bill.dueOn"), day(bill.dueOn)], [t("bill.left"), secretMoney(bill.leftFen)]])),
        h("section", { class: "card" }, h("h2", null, t("bill.parts")), facts(parts.map(([label, fen]) => [t(label), secretMoney(fen)]))),
        h("section", { class: "card" }, facts([[t("bill.previous"), secretMoney(bill.previousFen)], [t("bill.repaid"), secretMoney(bill.repaidFen)]])),
        h("div", { class: "row" }, billButton(bill, params)), entries.length ? [h("h2", null, t("bill.entries")), listCard(entries.map(entryRow))] : null,
        h("p", { class: "cap" }, t("bill.rules", { rules: bill.ruleVersion, product: bill.productVersion }))],
    });
  });
}
