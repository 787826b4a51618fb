// What the wealth products say: holdings at their newest value, money whose shares are to come, and orders being checked.

const CHECKING = ["CREATED", "QUOTA_HELD", "DEBITED", "UNKNOWN"];
const COMING = ["ACCEPTED", "REFUNDING", "REFUND_FAILED"];

function orderWaits(orders) {
  return orders.filter((one) => CHECKING.includes(one.state)).map((one) => (
    { mark: "clock", title: t("wealth.checking"), caption: t("wealth.checking.text", { product: one.productName }), route: "wealth#/order/" + one.orderId }));
}

function wealthCaption(holdings, coming) {
  if (coming.length) return t("wealth.coming", { count: coming.length });
  if (!holdings.length) return t("wealth.none");
  return holdings.some((one) => one.incomeFen === null) ? t("wealth.cost") : [t("wealth.earned"), " ", secret(signedMoney(sumOf(holdings, (one) => one.incomeFen)))];
}

const WEALTH = {
  name: "wealth", mark: "wealth", counts: true,
  async obtain() {
    const [ordered, held] = await Promise.all([look("wealth.transaction.list", { limit: "100" }), look("wealth.holding.list")]);
    const orders = ordered.data.transactions.filter((one) => one.kind === "PURCHASE");
    const { holdings } = held.data;
    const coming = orders.filter((one) => COMING.includes(one.state));
    const fen = sumOf(holdings, (one) => one.valueFen ?? one.costFen) + sumOf(coming, (one) => one.amountFen);
    return { seenAt: held.seenAt || ordered.seenAt, fen: holdings.length + coming.length ? fen : null, caption: wealthCaption(holdings, coming), waits: orderWaits(orders) };
  },
};
