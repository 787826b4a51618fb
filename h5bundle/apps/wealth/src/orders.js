// One purchase or redemption: where it stands, what may still be done about it, its dates, and its proof.

const CHECKING = ["CREATED", "QUOTA_HELD", "DEBITED", "UNKNOWN"];
const BACK = ["REFUNDING", "REFUND_FAILED", "REFUNDED"];
const ENDS = { ACCEPTED: "done", CONFIRMED: "confirmed", REJECTED: "rejected", REFUNDING: "refunding", REFUND_FAILED: "owed", REFUNDED: "refunded" };
const CHIPS = { ACCEPTED: "tide", CONFIRMED: "ok", REJECTED: "bad", REFUNDING: "warn", REFUND_FAILED: "warn", REFUNDED: "info", SHARES_HELD: "tide", PAYING: "tide", PAID: "ok", CANCELLED: "info", FAILED: "bad" };
const MARKS = {
  done: ["check", "ok"], confirmed: ["check", "ok"], rejected: ["x", "bad"], refunding: ["undo", "warn"], owed: ["clock", "warn"], refunded: ["undo", "info"], unknown: ["clock", "warn"],
  SHARES_HELD: ["clock", "ok"], PAYING: ["clock", "ok"], PAID: ["check", "ok"], CANCELLED: ["undo", "info"], FAILED: ["x", "bad"],
};

function stateChipOf(order) {
  const own = order.kind && order.kind !== "PURCHASE" && order.state === "CONFIRMED" ? "CONFIRMED.out" : order.state;
  return chip(t("order." + own), CHIPS[order.state] || "warn");
}

/** A button that takes an order back: {op, order, text, label, changed(order)}. A person is verified before anything happens. */
function cancelButton(options) {
  const attempt = new Attempt(options.op);
  return button(t("cancel"), { class: "small" }, async () => {
    const line = formLine();
    const yes = button(t("cancel.yes"), { class: "primary block" }, async () => {
      line.clear();
      try {
        const next = await attempt.send({ orderId: options.order.orderId }, {});
        sheet.close();
        options.changed(next);
      } catch (error) {
        const trouble = troubleOf(error);
        line.say(sentence(trouble, true), trouble);
      }
    });
    const sheet = pageSheet(t("cancel.title"), h("div", { class: "form" }, h("p", { class: "soft" }, options.text), line.element, yes.element));
  }).element;
}

/** The step that waits for its day, and how long it may be taken back. */
function waiting(title, date, order, cancel) {
  const until = order.cancellableUntil ? t("order.cancellable", { until: before(order.cancellableUntil) }) : "";
  return { title, caption: [day(date), until].filter(Boolean).join(" · "), state: "now", action: order.cancellableUntil ? cancel : null };
}

function sharesStop(order, cancel) {
  if (order.state !== "CONFIRMED") return { ...waiting(t("order.shares"), order.confirmDate, order, cancel), ...(CHECKING.includes(order.state) ? { state: "next", action: null } : {}) };
  return { title: t("order.shares"), caption: t("order.shares.done", { shares: sharesText(order.shares), nav: order.nav }), state: "done" };
}

function orderStops(order, cancel) {
  const sent = { title: t("order.placed"), caption: moment(order.placedAt), state: "done" };
  if (order.state === "REJECTED") return [sent, { title: t("order.money"), caption: t("order.money.none"), state: "bad" }];
  const checking = CHECKING.includes(order.state);
  const paid = { title: t("order.money"), caption: checking ? t("order.money.checking") : t("order.money.done", { amount: plainMoney(order.amountFen) }), state: checking ? "now" : "done" };
  if (BACK.includes(order.state)) {
    const at = (name) => (order.steps || []).find((step) => step.state === name);
    const begun = at("REFUNDING");
    const back = at("REFUNDED");
    return [sent, paid, { title: t(order.reason && order.reason.code === "CANCELLED_BY_CUSTOMER" ? "order.taken" : "product.FAILED"), caption: begun ? moment(begun.at) : null, state: "done" },
      { title: t("order.back"), caption: back ? moment(back.at) : t("order.back." + order.state), state: order.state === "REFUNDED" ? "done" : "now" }];
  }
  return [sent, paid, sharesStop(order, cancel), { title: t("order.redeem"), caption: redeemable(order), state: "next" }];
}

/** A digest as its first and last eight digits. */
function shortDigest(hex) {
  return hex.length > 17 ? hex.slice(0, 8) + "…" + hex.slice(-8) : hex;
}

/** Bundle, version and digest as "wealth 1.0.0 · 9f2c41d8…7ae0e41b". */
function bundleText(bundle) {
  const found = /^([a-z0-9-]+)@([^#]+)#([0-9a-f]+)$/.exec(bundle || "");
  return found ? found[1] + " " + found[2] + " · " + shortDigest(found[3]) : shortDigest(bundle || "");
}

function shortId(id) {
  return id && id.length > 14 ? id.slice(0, 8) + "…" + id.slice(-4) : id || "";
}

function orderProof(order) {
  return proofCard([[t("order.id"), mono(order.orderId)], order.operationId ? [t("order.operation"), mono(order.operationId)] : null, [t("order.time"), moment(order.placedAt)],
    order.tradeDate ? [t("order.trade"), fullDay(order.tradeDate)] : null, order.bundle ? [t("order.bundle"), mono(bundleText(order.bundle))] : null,
    order.deviceId ? [t("order.device"), mono(shortId(order.deviceId))] : null]);
}

/** How an order stands: {name (of MARKS), title, figure, text, more}. */
function standing(order, { name, title, figure, text, more }) {
  const [mark, kind] = MARKS[name];
  return outcomeCard({ mark, kind, title }, figure, h("p", null, said(order.productName)), h("p", { class: "soft" }, text), more || null);
}

function orderHead(order) {
  const name = ENDS[order.state] || "unknown";
  const places = { amount: plainMoney(order.amountFen), date: order.confirmDate ? day(order.confirmDate) : "", name: said(order.productName) };
  const text = (name === "rejected" && said(order.reason)) || t("order." + name + ".text", places);
  const more = order.shares ? sideFacts([[t("holding.shares"), sharesText(order.shares)], [t("product.nav.unit"), order.nav], [t("order.rest"), money(order.restFen || 0)]]) : null;
  return standing(order, { name, title: t("order." + name + ".title"), figure: amount(order.amountFen), text, more });
}

/** Where to go on: to what is mine once there is something, else to the products. */
function endActions(held) {
  const other = button(t(held ? "title.holdings" : "orders.list"), { class: "block" }, async () => go(held ? "/holdings" : "/", true));
  const orders = button(t("title.orders"), { class: "primary block" }, async () => go("/orders", true));
  return h("div", { class: "pair" }, other.element, orders.element);
}

function drawOrder(place, order, seenAt, still) {
  const changed = (next) => { drawOrder(place, next, null, true); watchOrder(place, next); };
  const text = t("cancel.order", { amount: plainMoney(order.amountFen) });
  const cancel = order.cancellableUntil && !seenAt ? cancelButton({ op: "wealth.order.cancel", order, text, changed }) : null;
  place.show({ title: t("title.order"), still, action: endActions(order.state === "CONFIRMED"), body: [place.staleNote(seenAt), orderHead(order), h("section", { class: "card" }, tracker(orderStops(order, cancel))), orderProof(order)] });
}

function isMoving(order) {
  return CHECKING.includes(order.state) || order.state === "REFUNDING";
}

function watchOrder(place, order) {
  watch(place, { now: order, open: isMoving, obtain: () => ask("wealth.order.get", { orderId: order.orderId }), draw: (next) => drawOrder(place, next, null, true) });
}

async function orderView(place) {
  const params = { orderId: place.params.order };
  await watchedView(place, { title: t("title.order"), bones: "cc", op: "wealth.order.get", params, open: isMoving, draw: (...shown) => drawOrder(place, ...shown) });
}

// ── redemptions, and payments at maturity ──

function redemptionStops(order, cancel) {
  const ripe = order.kind === "MATURITY";
  const sent = { title: t(ripe ? "out.matured" : "out.placed"), caption: moment(order.placedAt), state: "done" };
  if (order.state === "CANCELLED") return [sent, { title: t("order.CANCELLED"), caption: order.settledAt ? moment(order.settledAt) : null, state: "done" }];
  if (order.state === "FAILED") return [sent, { title: t("out.paid"), caption: t("out.paid.none"), state: "bad" }];
  const known = order.amountFen !== null;
  const valued = known ? { title: t("out.valued"), caption: t("out.valued.done", { nav: order.nav, day: shortDay(order.navDate) }), state: "done" }
    : waiting(t("out.valued"), order.confirmDate, order, cancel);
  const paid = order.state === "PAID";
  return [sent, valued, { title: t("out.paid"), caption: paid && order.settledAt ? moment(order.settledAt) : day(order.payDate), state: paid ? "done" : known ? "now" : "next" }];
}

function redemptionHead(order) {
  const shares = sharesText(order.shares);
  const name = order.state === "CONFIRMED" ? "PAYING" : order.state;
  const figure = order.amountFen === null ? h("div", { class: "amount num" }, shares, h("small", null, " " + t("shares.unit"))) : amount(order.amountFen);
  const places = { shares, amount: order.amountFen === null ? "" : plainMoney(order.amountFen), date: day(order.confirmDate), pay: day(order.payDate) };
  const reason = name === "FAILED" ? said(order.reason) : "";
  return standing(order, { name, title: t("out." + name + ".title"), figure, text: [reason, h("span", { class: "line" }, t("out." + name + ".text", places))] });
}

function drawRedemption(place, order, seenAt, still) {
  const changed = (next) => drawRedemption(place, next, null, true);
  const text = t("cancel.redemption", { shares: sharesText(order.shares) });
  const cancel = order.cancellableUntil && !seenAt ? cancelButton({ op: "wealth.redemption.cancel", order, text, changed }) : null;
  place.show({ title: t("title.redemption"), still, action: endActions(true), body: [place.staleNote(seenAt), redemptionHead(order), h("section", { class: "card" }, tracker(redemptionStops(order, cancel))), orderProof(order)] });
}

async function redemptionView(place) {
  const params = { orderId: place.params.order };
  await watchedView(place, { title: t("title.redemption"), bones: "cc", op: "wealth.redemption.get", params, open: (one) => one.state === "PAYING", draw: (...shown) => drawRedemption(place, ...shown) });
}

// ── the history ──

function historyRow(order) {
  const figure = order.amountFen === null ? t("shares.count", { shares: sharesText(order.shares) }) : plainMoney(order.amountFen);
  return openRow({
    title: said(order.productName), caption: h("div", { class: "cap num" }, t("kind." + order.kind) + " · " + moment(order.placedAt)), open: () => go(orderPath(order)),
    value: [h("b", null, figure), h("div", null, stateChipOf(order))],
  });
}

/** The history as a file. */
async function historyFile(kind) {
  const { file } = await (kind === "pdf" ? ask("wealth.transaction.pdf") : ask("wealth.transaction.csv"));
  return { name: t("orders.file"), kind, content: file.content };
}

async function ordersView(place) {
  const products = button(t("orders.list"), { class: "primary" }, async () => go("/", true)).element;
  await pagedView(place, {
    title: t("title.orders"), op: "wealth.transaction.list", items: (answer) => answer.transactions, row: historyRow,
    head: (answer) => (answer.transactions.length ? h("div", { class: "row" }, exportButton({ obtain: historyFile })) : null),
    empty: emptyCard({ mark: "list", text: t("orders.none"), action: products }),
  });
}
