// What the tests' bank has for the entrance page: "busy" is a customer with something in every business and much that
// waits, an account of class III half opened among it; the others have nothing but the account.

import { ok } from "/host/bank.js";

const ORDER = {
  operationId: "opr_1", product: "JMG-WY90", productName: "金芒果 · 稳盈 90 天持有", tradeDate: "2026-11-20", confirmDate: "2026-11-24",
  redeemableFrom: "2027-02-22", redeemableProvisional: true, bundle: "wealth@1.0.0#" + "9f2c41d8".repeat(8), deviceId: "dev_7f3a91c2d4e5",
  placedAt: "2026-11-20T02:24:00Z", reason: null,
};
const HOLDING = { product: "JMG-WY90", productName: ORDER.productName, state: "OPEN", shares: "49504.95", held: "0.00", redeemable: "0.00", costFen: 5000000, nav: "1.0143", navDate: "2026-11-19", valueFen: 5021287, incomeFen: 21287, lots: [] };
const POSITION = { totalFen: 4000000, freeFen: 4000000, pendingFen: 0, lockedFen: 0, incomeFen: 68327, newestDate: "2026-11-19", newestIncomeFen: 214, positions: [{ accountId: "acc_1", fund: "LMB-A", sharesFen: 4000000, lockedFen: 0, freeFen: 4000000, pendingFen: 0, incomeFen: 68327 }] };
const NO_POSITION = { totalFen: 0, freeFen: 0, pendingFen: 0, lockedFen: 0, incomeFen: 0, newestDate: null, newestIncomeFen: 0, positions: [] };
const CARD = { cardId: "crd_1", accountId: "cca_1", product: "CARD-TIDE-GOLD", productName: { zh: "潮汐金卡", en: "Tide Gold 潮汐金卡" }, level: { zh: "金卡", en: "Gold" }, state: "ACTIVATED", tail: "8026", sandboxLetter: null, replaces: null, orderedAt: ORDER.placedAt, mailedAt: ORDER.placedAt, activatedAt: ORDER.placedAt };
const CARD_ACCOUNT = {
  accountId: "cca_1", product: CARD.product, productName: CARD.productName, state: "ACTIVATED", lineFen: 3000000, availableFen: 2768160, owedFen: 231840, heldFen: 0, repayingFen: 0, unbilledFen: 0,
  mostRepayFen: 231840, cycle: 2, nextClose: "2026-12-08", overdueSince: null, autopay: null,
  bill: { cycle: 1, closedOn: "2026-11-08", dueOn: "2026-12-08", totalFen: 231840, minimumFen: 23184, repaidFen: 0, leftFen: 231840, minimumLeftFen: 23184 },
};
const APPLICATION = { applicationId: "cap_1", product: "CARD-TIDE-PLAT", productName: { zh: "潮汐白金卡", en: "Tide Platinum 潮汐白金卡" }, state: "SUPPLEMENT", steps: [], saved: [], missing: [], asked: ["WORK"], lineFen: null, reason: null, applyAgainFrom: null, cardId: null, createdAt: ORDER.placedAt, expiresAt: "2026-12-01T06:32:00Z" };

export const keyed = [];

export function answers(bank, state) {
  const busy = state === "busy";
  if (busy) {
    bank.bound = true;
    Object.assign(bank.application, { class: "III", state: "BIND_VERIFY", card: null, account: null });
    bank.orders = [
      { ...ORDER, orderId: "ord_3", amountFen: 2000000, state: "UNKNOWN" },
      { ...ORDER, orderId: "ord_2", amountFen: 3000000, state: "ACCEPTED" },
      { ...ORDER, orderId: "ord_1", amountFen: 5000000, state: "CONFIRMED" },
    ];
  }
  return {
    "accounts.transfer.list": () => ok({ transfers: [] }),
    "wealth.holding.list": () => ok({ holdings: busy ? [HOLDING] : [] }),
    "sweep.position.get": () => ok(busy ? POSITION : NO_POSITION),
    "cards.list": () => ok({ cards: busy ? [CARD, { ...CARD, cardId: "crd_2", accountId: "cca_2", state: "MAILED", tail: null, activatedAt: null }] : [] }),
    "cards.application.list": () => ok({ applications: busy ? [APPLICATION] : [] }),
    "cards.account.get": () => ok(CARD_ACCOUNT),
  };
}
