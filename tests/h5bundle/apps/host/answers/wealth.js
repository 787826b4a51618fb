// What the tests' bank answers to the wealth pages beside the products: holdings, orders in every state, redemptions.
// The state "held" is a customer who has some; each order in it is called by its state.

import { DETAIL, GONE, PRODUCT, RISKY, TIMES, ok, problem } from "/host/bank.js";

const PAGE = 10;
const UNTIL = "2026-11-20T07:00:00Z";
export const keyed = ["wealth.order.cancel", "wealth.redeem.prepare", "wealth.redemption.cancel"];

const RAISING = { ...PRODUCT, code: "JMG-MJ120", name: "金芒果 · 满季 120 天", state: "RAISING", benchmarkLow: "2.60", benchmarkHigh: "3.00", maturesOn: "2027-03-31" };
const CLOSED = { ...PRODUCT, code: "JMG-FB180", name: "金芒果 · 封闭 180 天", risk: "R3", state: "CLOSED", maturesOn: "2027-02-26" };
const MATURED = { ...PRODUCT, code: "JMG-DQ90", name: "金芒果 · 短期 90 天", state: "MATURED", maturesOn: "2026-11-18" };
const PRIVATE = { ...PRODUCT, code: "JMG-SM1", name: "金芒果 · 私享 1 号", risk: "R3", private: true, minimumFen: 100000000 };
const ALL = [PRODUCT, RISKY, GONE, RAISING, CLOSED, MATURED, PRIVATE];

const lot = (orderId, shares, redeemable, redeemableFrom, held = "0.00") => ({ orderId, accountId: "acc_1", shares, held, redeemable, costFen: 2000000, redeemableFrom });
const HOLDINGS = [
  { product: PRODUCT.code, productName: PRODUCT.name, state: "OPEN", shares: "39444.44", held: "1000.00", redeemable: "18663.74", costFen: 4000000, nav: "1.0143", navDate: "2026-11-19", valueFen: 4000849, incomeFen: 849,
    lots: [lot("CONFIRMED", "19663.74", "18663.74", "2026-11-02", "1000.00"), lot("CONFIRMED", "19780.70", "0.00", "2027-02-01")] },
  { product: CLOSED.code, productName: CLOSED.name, state: "CLOSED", shares: "20000.00", held: "0.00", redeemable: "0.00", costFen: 2000000, nav: "0.9876", navDate: "2026-11-19", valueFen: 1975200, incomeFen: -24800, lots: [lot("CONFIRMED", "20000.00", "0.00", "2027-02-26")] },
  { product: "JMG-XL30", productName: "金芒果 · 小澜 30 天持有（限量）", state: "OPEN", shares: "20000.00", held: "0.00", redeemable: "0.00", costFen: 2000000, nav: null, navDate: null, valueFen: null, incomeFen: null, lots: [lot("CONFIRMED", "20000.00", "0.00", "2026-12-20")] },
];
const DATES = { before: UNTIL, tradeDate: "2026-11-20", confirmDate: "2026-11-23", payDate: "2026-11-24", minimumShares: "1.00" };

const step = (state, at = TIMES) => ({ state, at });
function orderOf(state, more = {}) {
  return {
    orderId: state, operationId: "opr_" + state, product: PRODUCT.code, productName: PRODUCT.name, amountFen: 2000000, state, tradeDate: "2026-11-20", confirmDate: "2026-11-23",
    redeemableFrom: "2027-02-22", redeemableProvisional: true, bundle: "wealth@1.0.0#" + "9f2c41d8".repeat(8), deviceId: "dev_7f3a91c2d4e5", placedAt: "2026-11-20T02:11:00Z",
    reason: null, cancellableUntil: null, nav: null, shares: null, restFen: null, steps: [step("CREATED"), step("DEBITED")], ...more,
  };
}
const BY_CUSTOMER = { code: "CANCELLED_BY_CUSTOMER", zh: "你撤销了这笔委托。款项全额退回原账户。", en: "You cancelled this order. The money goes back to its account in full." };
const NO_FUNDS = { code: "INSUFFICIENT_FUNDS", zh: "账户里的钱不够。钱没有动。", en: "There was not enough money in the account. No money has moved." };
const ORDERS = [
  orderOf("ACCEPTED", { cancellableUntil: UNTIL }), orderOf("CONFIRMED", { nav: "1.0171", shares: "19663.74", restFen: 1 }), orderOf("QUOTA_HELD"), orderOf("REJECTED", { reason: NO_FUNDS }),
  orderOf("REFUNDING", { reason: BY_CUSTOMER, steps: [step("REFUNDING")] }), orderOf("REFUND_FAILED", { reason: BY_CUSTOMER, steps: [step("REFUNDING")] }),
  orderOf("REFUNDED", { reason: BY_CUSTOMER, steps: [step("REFUNDING"), step("REFUNDED")] }),
];

function redemptionOf(state, more = {}) {
  const valued = ["CONFIRMED", "PAYING", "PAID"].includes(state) ? { nav: "1.0171", navDate: "2026-11-20", amountFen: 1017100, confirmedAt: TIMES } : { nav: null, navDate: null, amountFen: null, confirmedAt: null };
  return {
    orderId: state, kind: "REDEMPTION", operationId: "opr_" + state, product: PRODUCT.code, productName: PRODUCT.name, accountId: "acc_1", shares: "10000.00", state, tradeDate: "2026-11-20", confirmDate: "2026-11-23",
    payDate: "2026-11-24", cancellableUntil: null, placedAt: "2026-11-20T02:30:00Z", settledAt: ["PAID", "CANCELLED", "FAILED"].includes(state) ? TIMES : null, reason: null, ...valued, ...more,
  };
}
const REDEMPTIONS = [
  redemptionOf("SHARES_HELD", { cancellableUntil: UNTIL }), redemptionOf("CONFIRMED"), redemptionOf("PAYING"), redemptionOf("PAID"), redemptionOf("CANCELLED"),
  redemptionOf("FAILED", { reason: { code: "AMOUNT_ZERO", zh: "这些份额不足一分钱。钱没有动。", en: "These shares were worth less than a fen. No money has moved." } }),
  redemptionOf("PAID", { orderId: "MATURITY", kind: "MATURITY", operationId: null }),
];

const line = (order) => ({ kind: order.kind || "PURCHASE", ...Object.fromEntries(["orderId", "operationId", "product", "productName", "amountFen", "shares", "state", "placedAt"].map((name) => [name, order[name]])) });
const none = () => problem(404, "NOT_FOUND", "没有找到这条记录。", "There is no such record.");
const over = () => problem(409, "NOT_CANCELLABLE", "这笔委托已过撤单时间，不能撤单，原委托继续有效。", "The time to cancel this order is over, so it stands as it is.");

/** Redemptions that the device signed are placed with the shares of their challenge. */
function placing(bank, redemptions) {
  const place = bank.place.bind(bank);
  return (challengeId, state) => {
    const asked = bank.challenges.get(challengeId);
    if (!asked.shares) return place(challengeId, state === "UNKNOWN" ? "QUOTA_HELD" : state);
    const order = redemptionOf("SHARES_HELD", { orderId: "ord_r" + (redemptions.length + 1), operationId: asked.operationId, shares: asked.shares, cancellableUntil: UNTIL });
    redemptions.unshift(order);
    return order;
  };
}

export function answers(bank, state) {
  const held = state === "held";
  const redemptions = held ? REDEMPTIONS.map((one) => ({ ...one })) : [];
  if (held) bank.orders.push(...ORDERS.map((one) => ({ ...one })));
  bank.place = placing(bank, redemptions);
  bank.qualified = false;
  const cancel = (all, orderId, end) => {
    const order = all.find((one) => one.orderId === orderId);
    if (!order) return none();
    if (!order.cancellableUntil) return over();
    return ok(Object.assign(order, end));
  };
  return {
    "wealth.product.list": () => ok({ products: state === "empty" ? [] : ALL }),
    "wealth.product.get": ({ code }) => {
      const product = ALL.find((one) => one.code === code);
      if (!product) return none();
      const suitability = { level: bank.level, validUntil: bank.level ? "2027-11-20T06:32:00Z" : null, matches: bank.level ? bank.level[1] >= product.risk[1] : null, qualified: product.private ? bank.qualified : null };
      return ok({ ...product, ...DETAIL, ...(["CLOSED", "MATURED"].includes(product.state) ? { dates: null } : {}), ...(product.state === "RAISING" ? { nav: [] } : {}), suitability });
    },
    "wealth.holding.list": () => ok({ holdings: held ? HOLDINGS : [], redemption: DATES }),
    "wealth.holding.csv": () => ok({ file: { name: "wealth-holdings-2026-11-20.csv", mediaType: "text/csv; charset=utf-8", content: "77u_YQ" } }),
    "wealth.holding.pdf": () => ok({ file: { name: "wealth-holdings-2026-11-20.pdf", mediaType: "application/pdf", content: "JVBERi0x" } }),
    "wealth.transaction.list": ({ cursor }) => {
      const all = [...bank.orders, ...redemptions].map(line);
      const from = Number(cursor || 0);
      return ok({ transactions: all.slice(from, from + PAGE), nextCursor: from + PAGE < all.length ? String(from + PAGE) : null });
    },
    "wealth.transaction.pdf": () => ok({ file: { name: "wealth-transactions.pdf", mediaType: "application/pdf", content: "JVBERi0x" } }),
    "wealth.transaction.csv": () => ok({ file: { name: "wealth-transactions.csv", mediaType: "text/csv; charset=utf-8", content: "77u_YQ" } }),
    "wealth.order.cancel": ({ orderId }) => cancel(bank.orders, orderId, { state: "REFUNDED", cancellableUntil: null, reason: BY_CUSTOMER, steps: [step("REFUNDING"), step("REFUNDED")] }),
    "wealth.redeem.prepare": (_, body) => bank.challenge(body),
    "wealth.redemption.get": ({ orderId }) => {
      const order = redemptions.find((one) => one.orderId === orderId);
      return order ? ok({ ...order }) : none();
    },
    "wealth.redemption.cancel": ({ orderId }) => cancel(redemptions, orderId, { state: "CANCELLED", cancellableUntil: null, settledAt: TIMES }),
  };
}
