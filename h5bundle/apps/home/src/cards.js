// What the credit cards say: a bill to repay, an application that waits for the customer, a card that is on its way.

const IN_USE = ["ACTIVATED", "FROZEN"];

function billWait({ bill, overdueSince }) {
  const caption = [secret(money(bill.leftFen)), t("comma"), t("cards.due", { date: day(bill.dueOn) })];
  return { mark: overdueSince ? "alert" : "card", title: t(overdueSince ? "cards.overdue" : "cards.bill"), caption, route: "cards", due: bill.dueOn };
}

function applicationWaits(applications) {
  return applications.filter((one) => ["DRAFT", "SUPPLEMENT"].includes(one.state)).map((one) => (
    { mark: "clock", title: t("cards." + one.state), caption: t("cards.until", { product: said(one.productName), date: day(one.expiresAt) }), route: "cards", due: one.expiresAt }));
}

function mailedWaits(cards) {
  return cards.filter((one) => one.state === "MAILED").map((one) => ({ mark: "card", title: t("cards.MAILED"), caption: t("cards.MAILED.text", { product: said(one.productName) }), route: "cards" }));
}

function cardsCaption(cards, bills) {
  if (bills.length) return t("cards.left", { date: day(bills.map((one) => one.bill.dueOn).sort()[0]) });
  return t(cards.some((one) => IN_USE.includes(one.state)) ? "cards.clear" : "cards.none");
}

const CARDS = {
  name: "cards", mark: "card", counts: false,
  async obtain() {
    const [held, asked] = await Promise.all([look("cards.list"), look("cards.application.list")]);
    const { cards } = held.data;
    // what was bought stays owed when the card is lost, replaced or expired, so every card that was ever activated counts
    const ids = [...new Set(cards.filter((one) => one.activatedAt).map((one) => one.accountId))];
    const accounts = await Promise.all(ids.map((accountId) => look("cards.account.get", { accountId })));
    const bills = accounts.map((one) => one.data).filter((one) => one.bill && one.bill.leftFen > 0);
    return {
      seenAt: held.seenAt, fen: bills.length ? sumOf(bills, (one) => one.bill.leftFen) : null, caption: cardsCaption(cards, bills),
      waits: [...bills.filter((one) => !one.autopay || one.overdueSince).map(billWait), ...applicationWaits(asked.data.applications), ...mailedWaits(cards)],
    };
  },
};
