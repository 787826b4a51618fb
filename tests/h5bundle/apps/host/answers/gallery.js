// What the tests' bank answers to the gallery: a statement in pages of ten, and transfers.

import { ok, problem } from "/host/bank.js";

const PAGE = 10;
export const keyed = ["gallery.prepare"];

function entryOf(index) {
  return { id: "e" + index, memo: "转入 " + index, amountFen: 1000 + index, at: new Date(Date.UTC(2026, 10, 19, 2) - index * 7200000).toISOString() };
}

export function answers(bank, state) {
  const all = state === "empty" ? [] : Array.from({ length: 25 }, (_, index) => entryOf(index));
  return {
    "gallery.list": ({ cursor }) => {
      const from = Number(cursor || 0);
      return ok({ entries: all.slice(from, from + PAGE), nextCursor: from + PAGE < all.length ? String(from + PAGE) : null });
    },
    "gallery.export": ({ kind }) => ok({ name: "明细 2026-11", kind, content: "a+b/Yw==" }),
    "gallery.entry": ({ entry }) => {
      const found = all.find((one) => one.id === entry) || bank.orders.find((one) => one.orderId === entry);
      return found ? ok({ memo: "转账", ...found }) : problem(404, "NOT_FOUND", "没有找到这条记录。", "There is no such record.");
    },
    "gallery.prepare": (_, body) => bank.challenge(body),
    "gallery.orders": () => ok({ orders: bank.orders }),
  };
}
