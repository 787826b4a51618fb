// How states are shown, and what several pages say alike.

const CARD_CHIPS = { ACTIVATED: "ok", MAILED: "tide", FROZEN: "info", LOST: "bad", UNMADE: "bad", EXPIRED: "warn", CLOSED: "" };
const APPLICATION_CHIPS = { IN_REVIEW: "info", SUPPLEMENT: "warn", DECLINED: "bad", EXPIRED: "warn", WITHDRAWN: "", DRAFT: "warn" };
const MOVING = ["SUBMITTED", "IN_REVIEW", "APPROVED", "ORDERED", "EMBOSSING"];
const SPARING_MILLISECONDS = 10000;
const OPEN_APPLICATIONS = ["DRAFT", "SUBMITTED", "IN_REVIEW", "SUPPLEMENT", "APPROVED", "EMBOSSING"];

function stateChip(name) {
  return chip(t("state." + name), CARD_CHIPS[name] || APPLICATION_CHIPS[name] || "info");
}

/** Whether an application or a card goes on without its customer: its page looks again, sparingly, by itself. */
function isMoving(one) {
  return MOVING.includes(one.state);
}

/** A term of a contract as a number. */
function term(product, name) {
  return Number((product.terms.find((one) => one.name === name) || { value: 0 }).value);
}

/** "2,000.00" of fen, with the sign of the currency and hidden by the eye. */
function secretMoney(fen) {
  return secret(money(fen));
}
