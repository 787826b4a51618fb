// What the wealth products say: what was bought, at its cost, and orders whose result is still being checked.

const CHECKING = ["CREATED", "QUOTA_HELD", "DEBITED", "UNKNOWN"];
const BOUGHT = ["ACCEPTED", "CONFIRMED"];

function orderWaits(orders) {
  return orders.filter((one) => CHECKING.includes(one.state)).map((one) => (
    { mark: "clock", title: t("wealth.checking"), caption: t("wealth.checking.text", { product: one.productName }), route: "wealth#/order/" + one.orderId }));
}

function wealthCaption(bought) {
  if (!bought.length) return t("wealth.none");
  const coming = bought.filter((one) => one.state === "ACCEPTED").length;
  return coming ? t("wealth.coming", { count: coming }) : t("wealth.cost");
}

const WEALTH = {
  name: "wealth", mark: "wealth", counts: true,
  async obtain() {
    const { data: { orders }, seenAt } = await look("wealth.order.list");
    const bought = orders.filter((one) => BOUGHT.includes(one.state));
    return { seenAt, fen: bought.length ? sumOf(bought, (one) => one.amountFen) : null, caption: wealthCaption(bought), waits: orderWaits(orders) };
  },
};
