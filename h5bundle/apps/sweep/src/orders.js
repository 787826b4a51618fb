// Orders: money in and out and signatures, where each stands and when its money arrives.

const CHECKING = { PURCHASE: ["CREATED", "UNKNOWN"], COLLECT: ["CREATED", "UNKNOWN"], FAST: ["CREATED", "PAYING", "UNKNOWN"], NORMAL: ["PAYING", "UNKNOWN"], SIGNING: [] };
const CHIPS = { ACCEPTED: "info", WAITING: "info", CONFIRMED: "ok", PAID: "ok", SIGNED: "ok", REJECTED: "bad" };
const ENDS = { ACCEPTED: ["check", "ok"], CONFIRMED: ["check", "ok"], PAID: ["check", "ok"], SIGNED: ["check", "ok"], REJECTED: ["x", "bad"], WAITING: ["clock", "info"], CHECKING: ["clock", "warn"] };

function isChecked(order) {
  return CHECKING[order.kind].includes(order.state);
}

/** Where an order stands, in one word of the pages: its state, WAITING for a day, or CHECKING with the core. */
function standing(order) {
  if (isChecked(order)) return "CHECKING";
  return order.kind === "NORMAL" && order.state === "CREATED" ? "WAITING" : order.state;
}

function comes(order) {
  return ["PURCHASE", "COLLECT"].includes(order.kind);
}

function moneyStops(order, sent) {
  const stand = standing(order);
  if (stand === "REJECTED") return [sent, { title: t(comes(order) ? "order.debit" : "order.pay"), caption: t("order.none"), state: "bad" }];
  if (!comes(order)) {
    const paid = stand === "PAID";
    return [sent, { title: t("order.pay"), caption: paid && order.settledAt ? moment(order.settledAt) : stand === "CHECKING" ? t("order.checking") : day(order.confirmDate), state: paid ? "done" : "now" }];
  }
  const checking = stand === "CHECKING";
  const confirmed = stand === "CONFIRMED";
  return [sent, { title: t("order.debit"), caption: checking ? t("order.checking") : t("order.debited", { amount: plainMoney(order.amountFen) }), state: checking ? "now" : "done" },
    { title: t("order.confirm"), caption: day(order.confirmDate), state: confirmed ? "done" : checking ? "next" : "now" }];
}

function orderStops(order) {
  const sent = { title: t(order.kind === "COLLECT" ? "order.collected" : "order.placed"), caption: moment(order.placedAt), state: "done" };
  return order.kind === "SIGNING" ? [sent, { title: t("order.SIGNED"), state: "done" }] : moneyStops(order, sent);
}

function endWords(order, stand) {
  const kind = order.kind === "SIGNING" ? "sign" : comes(order) ? "in" : "out";
  const places = { amount: plainMoney(order.amountFen), date: day(order.confirmDate) };
  const reason = stand === "REJECTED" && said(order.reason) ? said(order.reason) + " " : "";
  const name = stand.toLowerCase();
  return [t("end." + kind + "." + name + ".title"), reason + t("end." + kind + "." + name + ".text", places)];
}

function orderHead(order) {
  const stand = standing(order);
  const [mark, kind] = ENDS[stand];
  const [title, text] = endWords(order, stand);
  return outcomeCard({ mark, kind, title }, order.kind === "SIGNING" ? null : amount(order.amountFen), h("p", { class: "soft" }, text));
}

function orderProof(order) {
  return proofCard([[t("order.id"), mono(order.orderId)], [t("order.operation"), mono(order.operationId)], [t("order.fund"), order.fund], [t("order.time"), moment(order.placedAt)], [t("order.trade"), fullDay(order.tradeDate)]]);
}

function drawOrder(place, order, seenAt, still) {
  const front = button(t("end.front"), { class: "block" }, async () => go("/", true));
  const orders = button(t("title.orders"), { class: "primary block" }, async () => go("/orders", true));
  place.show({
    title: t("title.order"), still, action: h("div", { class: "pair" }, front.element, orders.element),
    body: [place.staleNote(seenAt), orderHead(order), h("section", { class: "card" }, tracker(orderStops(order))), orderProof(order)],
  });
}

async function orderView(place) {
  const params = { orderId: place.params.order };
  await watchedView(place, { title: t("title.order"), bones: "cc", op: "sweep.order.get", params, open: isChecked, draw: (...shown) => drawOrder(place, ...shown) });
}

function orderRow(order) {
  const stand = standing(order);
  const state = chip(t("order." + stand), CHIPS[stand] || "warn");
  const figure = order.kind === "SIGNING" ? null : h("b", { class: comes(order) ? "line" : "line up" }, secret(comes(order) ? plainMoney(order.amountFen) : signedMoney(order.amountFen)));
  return openRow({ title: t("kind." + order.kind), caption: h("div", { class: "cap num" }, moment(order.placedAt)), open: () => go("/order/" + order.orderId), value: [figure, state] });
}

async function ordersView(place) {
  await pagedView(place, {
    title: t("title.orders"), op: "sweep.order.list", items: (answer) => answer.orders, row: orderRow,
    head: (answer) => (answer.orders.length ? statementButton() : null),
    empty: emptyCard({ mark: "list", text: t("orders.none"), action: button(t("end.front"), { class: "small" }, async () => go("/", true)).element }),
  });
}
