// What the tests' bank has for the entrance page: "busy" is a customer with orders, one of them being checked, and an
// opening that is not finished.

import { ok } from "/host/bank.js";

const ORDER = {
  operationId: "opr_1", product: "JMG-WY90", productName: "金芒果 · 稳盈 90 天持有", tradeDate: "2026-11-20", confirmDate: "2026-11-24",
  redeemableFrom: "2027-02-22", redeemableProvisional: true, bundle: "wealth@1.0.0#" + "9f2c41d8".repeat(8), deviceId: "dev_7f3a91c2d4e5",
  placedAt: "2026-11-20T02:24:00Z", reason: null,
};

const HOLDING = {
  product: "JMG-WY90", productName: ORDER.productName, state: "OPEN", shares: "49504.95", held: "0.00", redeemable: "0.00", costFen: 5000000,
  nav: "1.0143", navDate: "2026-11-19", valueFen: 5021287, incomeFen: 21287, lots: [],
};

export const keyed = [];

export function answers(bank, state) {
  const busy = state === "busy";
  if (busy) {
    bank.bound = true;
    bank.orders = [
      { ...ORDER, orderId: "ord_3", amountFen: 2000000, state: "UNKNOWN" },
      { ...ORDER, orderId: "ord_2", amountFen: 3000000, state: "ACCEPTED" },
      { ...ORDER, orderId: "ord_1", amountFen: 5000000, state: "CONFIRMED" },
    ];
  }
  return { "wealth.holding.list": () => ok({ holdings: busy ? [HOLDING] : [] }), "accounts.transfer.list": () => ok({ transfers: [] }) };
}
