// What the tests' bank answers to the accounts' pages. States beside the bank's own: "frozen", "dormant", "closing" are the
// account's; "both" has one of class III too; "spent" has used its limits; "sent" has transfers of every kind.

import { ok, problem } from "/host/bank.js";

const STATES = { frozen: "FROZEN", dormant: "DORMANT", closing: "CLOSING" };
const MORE = [...Object.keys(STATES), "both", "spent", "sent", "zero"];
const ICBC = { tail: "7935", bankZh: "中国工商银行", bankEn: "ICBC" };
const PAGE = 10;
const AT = "2026-11-20T06:32:00Z";

export const keyed = ["accounts.card.change", "accounts.card.check", "accounts.close", "accounts.payee.add", "accounts.payee.remove",
  "accounts.transfer.bound", "accounts.transfer.out", "accounts.wake"];

function sent(number, state, more = {}) {
  return { transferId: "trf_" + number, operationId: "opr_old" + number, accountId: "acc_1", state, to: "payee", amountFen: 100000 * number, payeeName: "林*夏", payeeTail: "5518", placedAt: "2026-11-19T02:24:00Z", settledAt: "2026-11-19T02:25:00Z", reason: null, ...more };
}

const SENT = [sent(1, "DONE"), sent(2, "FAILED", { reason: { zh: "收款账户已销户。", en: "The payee's account is closed." } }), sent(3, "RETURNED"), sent(4, "RETURNING"), sent(5, "DONE", { to: "bound", payeeTail: "7935", payeeName: "陈*" })];

/** The order of a signed slip as the transfer, closing or change of a card that it is. */
function asTransfer(order) {
  return sent(1, order.state === "ACCEPTED" ? "DONE" : order.state === "REJECTED" ? "FAILED" : order.state, { transferId: order.orderId, operationId: order.operationId, amountFen: order.amountFen, to: order.product === "bound" ? "bound" : "payee", placedAt: AT, settledAt: AT });
}

function accountsOf(bank, kept) {
  const card = bank.orders.some((one) => one.product === "card") ? { tail: "7111", bankZh: "招商银行", bankEn: "CMB" } : ICBC;
  const first = { accountId: "acc_1", class: "II", number: "3381", currency: "CNY", balanceFen: bank.balance, availableFen: bank.balance, state: kept.state, boundCard: card, openedAt: "2026-03-02T02:24:00Z" };
  const closed = bank.orders.find((one) => one.product === "close");
  if (closed) first.state = closed.state === "ACCEPTED" ? "CLOSED" : closed.state === "REJECTED" ? "OPEN" : "CLOSING";
  return kept.both ? [first, { ...first, accountId: "acc_3", class: "III", number: "0625", balanceFen: 128050, availableFen: 128050 }] : [first];
}

function entriesOf(bank, kept) {
  const fill = kept.long ? Array.from({ length: 25 }, (_, index) => ({ journal: "m" + index, amountFen: index % 3 ? 1000 + index : -2000 - index, memo: "转账", at: new Date(Date.UTC(2026, 10, 17, 2) - index * 7200000).toISOString(), counterparty: "5518" })) : [];
  return [...bank.entries, ...fill];
}

/** Six months with figures in them, the newest first; a month on which nothing moved is among them. */
function monthsOf() {
  const turns = [[0, 0], [300000, 110050], [0, 45000], [0, 0], [600000, 128900], [400000, 169978]];
  let left = 846072;
  return turns.map(([inFen, outFen], index) => {
    const closingFen = left;
    left += outFen - inFen;
    return { month: "2026-" + String(10 - index).padStart(2, "0"), openingFen: left, inFen, outFen, closingFen, entries: inFen || outFen ? 4 : 0 };
  });
}

function limitsOf(kept, accountId) {
  const one = (counter, period, usedFen, mostFen) => ({ counter, period, usedFen, mostFen });
  const day = kept.spent ? 990000 : 250000;
  const limits = accountId === "acc_3" ? [one("unbound_in", "day", 0, 200000), one("unbound_in", "year", 120000, 5000000), one("out", "day", 50000, 200000), one("out", "year", 310000, 5000000)]
    : [one("bound_in", "day", 2000000, 50000000), one("unbound_in", "day", 0, 1000000), one("unbound_in", "year", 600000, 20000000), one("unbound_out", "day", day, 1000000), one("unbound_out", "year", 4300000, 20000000)];
  return { limits, mostBalanceFen: accountId === "acc_3" ? 200000 : null, ruleVersion: "2026-01" };
}

export function answers(bank, state) {
  const kept = { state: STATES[state] || "OPEN", both: state === "both", spent: state === "spent", long: state === "sent" };
  if (MORE.includes(state)) bank.bound = true;
  if (state === "zero") bank.balance = 0;
  const payees = state === "empty" ? [] : [{ payeeId: "pay_1", state: "KNOWN", name: "林*夏", tail: "5518" }, { payeeId: "pay_2", state: "UNKNOWN", name: "周*", tail: "0042" }];
  const short = (amountFen) => amountFen > bank.balance && problem(409, "INSUFFICIENT_FUNDS", "余额不够，钱没有动。先从绑定卡转入。", "Not enough money. No money has moved.");
  return {
    "accounts.list": () => ok({ accounts: bank.bound ? accountsOf(bank, kept) : [] }),
    "accounts.entries": ({ since = "", until = "9", direction = "all", cursor, limit = PAGE }) => {
      const fits = (one) => one.at.slice(0, 10) >= since && one.at.slice(0, 10) <= until && (direction === "all" || one.amountFen > 0 === (direction === "in"));
      const all = entriesOf(bank, kept).filter(fits);
      const from = Number(cursor || 0);
      const to = from + Number(limit);
      return ok({ entries: all.slice(from, to), next: to < all.length ? String(to) : null });
    },
    "accounts.statement.csv": ({ since }) => ok({ file: { name: "statement-" + since + ".csv", mediaType: "text/csv; charset=utf-8", content: "a-b_Yw" } }),
    "accounts.statement.pdf": ({ since }) => ok({ file: { name: "statement-" + since + ".pdf", mediaType: "application/pdf", content: "JVBERi0x" } }),
    "accounts.statements": () => ok({ months: state === "empty" ? [] : monthsOf() }),
    "accounts.limits": ({ accountId }) => ok(limitsOf(kept, accountId)),
    "accounts.payee.list": () => ok({ payees }),
    "accounts.payee.add": (_, body) => {
      if (body.number.length < 15) return problem(422, "PAYEE_UNKNOWN", "没有找到这个收款账户，钱没有动。请核对账号。", "There is no such account to pay. No money has moved. Check the number.");
      payees.push({ payeeId: "pay_new", state: "KNOWN", name: body.name.slice(0, 1) + "*", tail: body.number.slice(-4) });
      return ok(payees[payees.length - 1]);
    },
    "accounts.payee.remove": ({ payeeId }) => {
      payees.splice(payees.findIndex((one) => one.payeeId === payeeId), 1);
      return ok({});
    },
    "accounts.transfer.bound": (_, body) => short(body.amountFen) || bank.challenge({ ...body, product: "bound" }),
    "accounts.transfer.out": (_, body) => short(body.amountFen) || bank.challenge({ ...body, product: "payee" }),
    "accounts.transfer.list": () => ok({ transfers: [...bank.orders.map(asTransfer), ...(state === "sent" ? SENT : [])] }),
    "accounts.transfer.get": ({ transferId }) => {
      const found = bank.orders.map(asTransfer).concat(SENT).find((one) => one.transferId === transferId);
      return found ? ok(found) : problem(404, "NOT_FOUND", "没有找到这条记录。", "There is no such record.");
    },
    "accounts.card.check": (_, body) => (body.cardNumber === "6222021208004417935" ? problem(422, "BIND_NOT_CLASS_I", "这张卡是 Ⅱ类户。请换一张在柜台开立的 Ⅰ类户的卡。", "This card is a class II account. Use a class I card opened at a branch.")
      : ok({ changeId: "chg_1", state: "READY", tail: body.cardNumber.slice(-4), bankZh: "招商银行", bankEn: "CMB", expiresAt: "2026-11-20T07:02:00Z" })),
    "accounts.card.change": () => bank.challenge({ product: "card", amountFen: 0 }),
    "accounts.close": () => (kept.both ? problem(409, "ACCOUNT_NOT_EMPTY", "账户里还有钱、产品或未完成的交易，没有销户。", "The account still holds something.", { holds: "sweep" }) : bank.challenge({ product: "close", amountFen: 0 })),
    "accounts.wake": () => {
      kept.state = "OPEN";
      return ok({ accountId: "acc_1", state: "OPEN" });
    },
  };
}
