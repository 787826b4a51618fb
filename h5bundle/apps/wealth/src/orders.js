// Orders: where each stands, its dates, and the proof of what was confirmed with which page and device.

const CHECKING = ["CREATED", "QUOTA_HELD", "DEBITED", "UNKNOWN"];
const ENDS = { ACCEPTED: "done", CONFIRMED: "confirmed", REJECTED: "rejected", REFUNDED: "refunded" };
const CHIPS = { ACCEPTED: "ok", CONFIRMED: "ok", REJECTED: "bad", REFUNDED: "info" };

function orderStops(order) {
  const sent = { title: t("order.placed"), caption: moment(order.placedAt), state: "done" };
  if (order.state === "REJECTED") return [sent, { title: t("order.money"), caption: t("order.money.none"), state: "bad" }];
  const checking = CHECKING.includes(order.state);
  const paid = { title: t("order.money"), caption: checking ? t("order.money.checking") : t("order.money.done", { amount: plainMoney(order.amountFen) }), state: checking ? "now" : "done" };
  if (order.state === "REFUNDED") return [sent, paid, { title: t("order.REFUNDED"), state: "done" }];
  const confirmed = order.state === "CONFIRMED";
  return [sent, paid, { title: t("order.shares"), caption: order.confirmDate ? day(order.confirmDate) : null, state: confirmed ? "done" : checking ? "next" : "now" },
    { title: t("order.redeem"), caption: redeemable(order), state: "next" }];
}

/** Bundle, version and digest as "wealth 1.0.0 · 9f2c41d8…7ae0e41b". */
function bundleText(bundle) {
  const found = /^([a-z0-9-]+)@([^#]+)#([0-9a-f]+)$/.exec(bundle || "");
  return found ? found[1] + " " + found[2] + " · " + shortDigest(found[3]) : shortDigest(bundle || "");
}

function shortId(id) {
  return id && id.length > 14 ? id.slice(0, 8) + "…" + id.slice(-4) : id || "";
}

function proofCard(order) {
  const mono = (text) => h("span", { class: "mono" }, text);
  return h("section", { class: "card flush" }, h("details", null, h("summary", null, t("order.details"), icon("down", "i16")),
    facts([[t("order.id"), mono(order.orderId)], [t("order.operation"), mono(order.operationId)], [t("order.time"), moment(order.placedAt)],
      order.tradeDate ? [t("order.trade"), fullDay(order.tradeDate)] : null, [t("order.bundle"), mono(bundleText(order.bundle))], [t("order.device"), mono(shortId(order.deviceId))]])));
}

function orderHead(order) {
  const name = ENDS[order.state] || "unknown";
  const marks = { done: ["check", "ok"], confirmed: ["check", "ok"], rejected: ["x", "bad"], refunded: ["undo", "info"], unknown: ["clock", "warn"] };
  const places = { amount: plainMoney(order.amountFen), date: order.confirmDate ? day(order.confirmDate) : "", name: said(order.productName) };
  const reason = name === "rejected" && said(order.reason) ? said(order.reason) + " " : "";
  return h("section", { class: "card outcome", "aria-live": "polite" }, h("div", { class: "row" }, h("span", { class: "tile " + marks[name][1] }, icon(marks[name][0], "i24")),
    h("h1", { class: "name" }, t("order." + name + ".title"))), amount(order.amountFen), h("p", null, said(order.productName)),
    h("p", { class: "soft" }, reason + t("order." + name + ".text", places)));
}

function drawOrder(place, order, seenAt, still) {
  const products = button(t("orders.list"), { class: "block" }, async () => go("/", true));
  const orders = button(t("title.orders"), { class: "primary block" }, async () => go("/orders", true));
  place.show({
    title: t("title.order"), still, action: h("div", { class: "pair" }, products.element, orders.element),
    body: [place.staleNote(seenAt), orderHead(order), h("section", { class: "card" }, tracker(orderStops(order))), proofCard(order)],
  });
}

async function orderView(place) {
  const obtain = () => look("wealth.order.get", { orderId: place.params.order });
  await place.load(t("title.order"), "cc", obtain, ({ data, seenAt }) => {
    drawOrder(place, data, seenAt);
    if (seenAt) return;
    watch(place, {
      now: data, open: (order) => CHECKING.includes(order.state), obtain: () => ask("wealth.order.get", { orderId: data.orderId }),
      same: (a, b) => a.state === b.state, draw: (order) => drawOrder(place, order, null, true),
    });
  });
}

function orderRow(order) {
  return openRow({
    title: h("b", null, said(order.productName)), caption: h("div", { class: "cap num" }, moment(order.placedAt)), open: () => go("/order/" + order.orderId),
    value: [h("b", null, plainMoney(order.amountFen)), h("div", null, chip(t("order." + order.state), CHIPS[order.state] || "warn"))],
  });
}

async function ordersView(place) {
  await place.load(t("title.orders"), "dddd", () => look("wealth.order.list"), ({ data, seenAt }) => {
    const list = data.orders.length ? h("section", { class: "card flush" }, h("ul", { class: "list" }, data.orders.map(orderRow)))
      : state({ mark: "list", title: t("title.orders"), text: t("orders.none"), actions: button(t("orders.list"), { class: "primary" }, async () => go("/", true)).element });
    place.show({ title: t("title.orders"), body: [data.orders.length ? h("h1", { class: "hide" }, t("title.orders")) : null, place.staleNote(seenAt), list] });
  });
}
