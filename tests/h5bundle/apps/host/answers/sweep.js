// What the tests' bank answers to the sweep's pages: one holder whose money came in, earned and went out. States: bound, empty
// (an account without an agreement), pool (the bank's advance is used up).

import { ok, problem } from "/host/bank.js";

const TODAY = Date.UTC(2026, 10, 20);
const DAY = 86400000;
const PAGE = 20;
export const keyed = ["sweep.agreement.prepare", "sweep.agreement.pause", "sweep.agreement.resume", "sweep.agreement.end", "sweep.purchase.prepare", "sweep.redeem.prepare"];

const dateOf = (back) => new Date(TODAY - back * DAY).toISOString().slice(0, 10);

function yieldOf(back) {
  const value = 1.953 + 0.06 * Math.sin(back / 4) * Math.min(1, back / 10) + back * 0.0008;
  return { date: dateOf(back), incomePerTenThousand: (value / 3.65).toFixed(4), sevenDayYield: value.toFixed(4) };
}

const YIELDS = Array.from({ length: 365 }, (_, index) => yieldOf(365 - index));
const INCOME = Array.from({ length: 40 }, (_, index) => ({ date: dateOf(index + 1), sharesFen: 4000000 - index * 214, amountFen: 214 - (index % 7) * 3 }));

function orderOf(index, more) {
  return {
    orderId: "ord_s" + index, operationId: "opr_s" + index, kind: "PURCHASE", product: "LMB", fund: "LMB-A", accountId: "acc_1", amountFen: 1000000, state: "CONFIRMED",
    tradeDate: "2026-11-18", confirmDate: "2026-11-19", placedAt: "2026-11-18T02:12:00Z", settledAt: null, reason: null, ...more,
  };
}

const ORDERS = [
  orderOf(1, { state: "ACCEPTED", amountFen: 100000, tradeDate: "2026-11-20", confirmDate: "2026-11-23", placedAt: "2026-11-20T02:12:00Z" }),
  orderOf(2, { kind: "NORMAL", state: "CREATED", amountFen: 50000, confirmDate: "2026-11-23", placedAt: "2026-11-20T01:40:00Z" }),
  orderOf(3, { kind: "FAST", state: "PAID", amountFen: 300000, placedAt: "2026-11-20T01:12:00Z", settledAt: "2026-11-20T01:12:02Z" }),
  orderOf(4, { kind: "COLLECT", amountFen: 261540, placedAt: "2026-11-17T12:00:04Z" }),
  orderOf(5, { state: "REJECTED", reason: { zh: "账户余额不够。", en: "The account does not hold enough." } }),
  orderOf(6, { kind: "SIGNING", state: "SIGNED", amountFen: 0, placedAt: "2026-11-02T03:00:00Z" }),
];

const PRODUCT = {
  code: "LMB", name: "利民宝", category: { zh: "货币市场基金", en: "Money-market fund" }, issuer: { zh: "澜江基金管理有限公司", en: "Lanjiang Fund Management Co." },
  warning: { zh: "货币基金不是存款，不保证本金和收益。过往收益不代表将来。", en: "A money-market fund is not a deposit; neither principal nor return is guaranteed. Past yields promise nothing." },
  risk: "R1", state: "OPEN", version: "2026.1", terms: "LMB-2026.1", minimumFen: 100, stepFen: 1, floorDefaultFen: 100000, floorMostFen: 10000000000, cutOff: "15:00",
  classes: [{ fund: "LMB-A", name: "利民宝 A", ...YIELDS[364] }],
  purchase: { before: "2026-11-20T07:00:00Z", tradeDate: "2026-11-20", confirmDate: "2026-11-23", incomeFrom: "2026-11-23" },
  redemption: { tradeDate: "2026-11-20", arrivesOn: "2026-11-23" },
};

const NOTHING = { totalFen: 0, freeFen: 0, pendingFen: 0, lockedFen: 0, incomeFen: 0, newestDate: null, newestIncomeFen: 0, positions: [] };
const HELD = { accountId: "acc_1", fund: "LMB-A", sharesFen: 3900000, lockedFen: 50000, freeFen: 3850000, pendingFen: 100000, incomeFen: 68327 };
const SOME = { totalFen: 4000000, freeFen: 3850000, pendingFen: 100000, lockedFen: 50000, incomeFen: 68327, newestDate: "2026-11-19", newestIncomeFen: 214, positions: [HELD] };

/** What an order of a kind is when it was signed. */
function placed(asked) {
  if ("floorFen" in asked) return { kind: "SIGNING", state: "SIGNED", amountFen: 0 };
  if (asked.mode === "fast") return { kind: "FAST", state: "PAID", settledAt: "2026-11-20T06:32:01Z" };
  const dates = { tradeDate: "2026-11-20", confirmDate: "2026-11-23" };
  return asked.mode ? { kind: "NORMAL", state: "CREATED", ...dates } : { kind: "PURCHASE", state: "ACCEPTED", ...dates };
}

export function answers(bank, state) {
  const empty = state === "empty";
  const agreement = { agreementId: "agr_1", product: "LMB", fund: "LMB-A", accountId: "acc_1", floorFen: 200000, state: "ACTIVE", terms: "LMB-2026.1", signedAt: "2026-11-02T03:00:00Z" };
  const orders = empty ? [] : ORDERS.slice();
  const income = empty ? [] : INCOME;
  let agreements = empty ? [] : [agreement];
  bank.place = (challengeId, wished) => {
    const { amountFen = 0, operationId, ...asked } = bank.challenges.get(challengeId);
    const good = placed(asked);
    const order = orderOf(orders.length + 1, { amountFen, operationId, placedAt: "2026-11-20T06:32:00Z", ...good, ...(wished === "ACCEPTED" ? {} : { state: wished }) });
    if (good.kind === "SIGNING") agreements = [{ ...agreement, floorFen: asked.floorFen }];
    orders.unshift(order);
    return order;
  };
  const moved = (to) => () => {
    agreements = to === "ENDED" ? [] : agreements.map((one) => ({ ...one, state: to }));
    return ok({ ...agreement, state: to });
  };
  const paged = (rows, { cursor, limit }, name) => {
    const from = Number(cursor || 0);
    const next = from + Number(limit || PAGE);
    return ok({ [name]: rows.slice(from, next), nextCursor: next < rows.length ? String(next) : null });
  };
  return {
    "sweep.product.get": () => ok({ ...PRODUCT, fast: { capFen: 1000000, leftFen: 700000, poolLeftFen: state === "pool" ? 0 : 1000000, poolOpen: state !== "pool" } }),
    "sweep.position.get": () => ok(empty ? NOTHING : SOME),
    "sweep.yield.list": ({ days }) => ok({ points: YIELDS.slice(-Number(days)) }),
    "sweep.income.list": (params) => paged(income, params, "lines"),
    "sweep.statement.csv": ({ since }) => ok({ file: { name: "sweep-" + since + ".csv", mediaType: "text/csv; charset=utf-8", content: "77u_YQ" } }),
    "sweep.statement.pdf": ({ since }) => ok({ file: { name: "sweep-" + since + ".pdf", mediaType: "application/pdf", content: "JVBERi0x" } }),
    "sweep.order.list": (params) => paged(orders, params, "orders"),
    "sweep.order.get": ({ orderId }) => {
      const order = orders.find((one) => one.orderId === orderId);
      return order ? ok(order) : problem(404, "NOT_FOUND", "没有找到这条记录。", "There is no such record.");
    },
    "sweep.agreement.get": () => ok({ agreements }),
    "sweep.agreement.pause": moved("PAUSED"),
    "sweep.agreement.resume": moved("ACTIVE"),
    "sweep.agreement.end": () => (empty ? moved("ENDED")() : problem(409, "AGREEMENT_HOLDS", "利民宝里还有份额或在途的订单，没有解约。请先全部转出，到账后再解约。", "There are shares or orders on their way, so the agreement stands. Redeem everything first, then end it.")),
    "sweep.agreement.prepare": (_, body) => bank.challenge(body),
    "sweep.purchase.prepare": (_, body) => bank.challenge(body),
    "sweep.redeem.prepare": (_, body) => bank.challenge(body),
  };
}
