// What the tests' bank answers to the credit card pages: a card in use, one in the mail, a lost one, and applications.

import { ok, problem } from "/host/bank.js";

export const keyed = [
  "cards.application.create", "cards.application.save", "cards.application.consent", "cards.application.submit", "cards.application.resubmit",
  "cards.application.withdraw", "cards.contract.prepare", "cards.freeze", "cards.unfreeze", "cards.report_lost", "cards.replace",
  "cards.repay.prepare", "cards.autopay.prepare", "cards.autopay.end",
];

const TERMS = {
  line_least_fen: 500000, line_most_fen: 5000000, annual_fee_fen: 20000, annual_fee_free_years: 1, annual_fee_waiver_purchases: 5, daily_rate_ppm: 500,
  interest_on: "full", minimum_share_percent: 10, minimum_least_fen: 1000, late_fee_percent: 5, late_fee_least_fen: 1000, late_fee_most_fen: 50000,
  billing_day: 8, due_days: 20, grace_days: 3, cash_share_percent: 50, cash_fee_percent: 1, cash_fee_least_fen: 1000,
};

const PRODUCT = {
  code: "CARD-TIDE-GOLD", version: "2026.1", name: { zh: "潮汐金卡", en: "Tide Gold 潮汐金卡" }, level: { zh: "金卡", en: "Gold" }, open: true,
  benefits: { zh: "首年免年费，刷卡满 5 次免次年年费", en: "No fee in the first year, nor in the next after 5 purchases" },
  terms: Object.entries(TERMS).map(([name, value]) => ({ name, value, source: "own rule", remark: "" })),
};

const choice = (id, zh, en) => ({ id, text: { zh, en } });
const question = (id, kind, zh, en, more = {}) => ({ id, kind, text: { zh, en }, most: 60, options: [], when: {}, ...more });

const FORM = {
  version: "cards-form-2026.1",
  sections: [
    { id: "employment", title: { zh: "工作", en: "Employment" }, questions: [
      question("status", "choice", "工作状况", "Status", { options: [choice("employed", "受雇", "Employed"), choice("retired", "退休", "Retired")] }),
      question("employer", "text", "单位名称", "Employer or business", { when: { status: ["employed"] } }),
      question("years", "number", "在现单位年数", "Years there", { when: { status: ["employed"] } })] },
    { id: "income", title: { zh: "收入", en: "Income" }, questions: [question("annual_fen", "money", "税前年收入", "Income a year before tax", { most: 10000000000 })] },
    { id: "contact", title: { zh: "联系人", en: "Contact person" }, questions: [question("mobile", "mobile", "联系人手机号", "Mobile"), question("postcode", "postcode", "邮编", "Postcode")] },
  ],
  texts: [["bureau", "个人征信查询授权书", "Consent to a credit bureau query"], ["terms", "信用卡领用合约", "Credit card contract"]].map(([kind, zh, en]) => (
    { kind, version: kind + "-2026.1", title: { zh, en }, text: { zh: "本人同意以上内容。", en: "I agree to the above." }, sha256: "0".repeat(64) })),
};

const STEPS = ["SUBMITTED", "APPROVED", "EMBOSSING", "MAILED", "ACTIVATED"];

function application(applicationId, state, more = {}) {
  const reached = { SUBMITTED: state === "DRAFT" ? null : "2026-11-19T02:00:00Z" };
  return {
    applicationId, product: PRODUCT.code, productName: PRODUCT.name, state, steps: STEPS.map((step) => ({ step, at: reached[step] || null })), saved: [], missing: [], asked: [],
    lineFen: null, reason: null, applyAgainFrom: null, cardId: null, createdAt: "2026-11-18T02:00:00Z", expiresAt: "2026-12-18T02:00:00Z", answers: {}, ...more,
  };
}

function card(cardId, state, more = {}) {
  return {
    cardId, accountId: "cac_1", product: PRODUCT.code, productName: PRODUCT.name, level: PRODUCT.level, state, tail: "4417", sandboxLetter: null, replaces: null, contractId: state === "MAILED" ? null : "cct_k3q7m2x5v4n6p2r7s5t3u4w6y2",
    orderedAt: "2026-10-01T02:00:00Z", mailedAt: "2026-10-02T02:00:00Z", activatedAt: "2026-10-05T02:00:00Z", ...more,
  };
}

function bill(cycle) {
  return {
    cycle, closedOn: "2026-11-08", dueOn: "2026-11-28", previousFen: 120000, principalFen: 823450, cashFen: 0, interestFen: 3640, feeFen: 1000, totalFen: 828090,
    minimumFen: 87000, repaidFen: 120000, leftFen: 708090, minimumLeftFen: 0, ruleVersion: "cards-2026.1", productVersion: "2026.1",
  };
}

function entry(number, kind, amountFen, memo) {
  return { entry: number, kind, amountFen, cycle: 3, day: "2026-11-0" + (1 + (number % 7)), at: "2026-11-05T02:00:00Z", memo, cardTail: kind === "INTEREST" ? "" : "4417" };
}

const ENTRIES = [entry(9, "PURCHASE", 823450, "望潮书店"), entry(8, "REPAYMENT", -120000, "还款"), entry(7, "CASH", 50000, "取款机"), entry(6, "FEE", 1000, "手续费"),
  entry(5, "INTEREST", 3640, "利息"), entry(4, "LATE", 2000, "违约金"), entry(3, "REFUND", -4500, "望潮书店")];

export function answers(bank, state) {
  const empty = state === "empty";
  const cards = { crd_1: card("crd_1", "ACTIVATED"), crd_lost: card("crd_lost", "LOST"), crd_mailed: card("crd_mailed", "MAILED", { tail: null, sandboxLetter: "4417", activatedAt: null }) };
  const applications = {
    cap_draft: application("cap_draft", "DRAFT", { missing: ["employment", "income", "contact", "bureau", "terms"] }), cap_last: application("cap_last", "DRAFT", { missing: ["bureau", "terms"] }),
    cap_review: application("cap_review", "IN_REVIEW"), cap_more: application("cap_more", "SUPPLEMENT", { asked: ["income_proof", "identity"] }),
    cap_declined: application("cap_declined", "DECLINED", { reason: "INCOME", applyAgainFrom: "2027-02-18" }),
  };
  const account = {
    accountId: "cac_1", product: PRODUCT.code, productName: PRODUCT.name, state: "ACTIVATED", lineFen: 2000000, availableFen: 1171910, owedFen: 708090, heldFen: 120000,
    repayingFen: 0, unbilledFen: 56000, mostRepayFen: 1208090, cycle: 4, nextClose: "2026-12-08", overdueSince: null, bill: empty ? null : bill(3), autopay: null,
  };
  const known = (table, id) => (table[id] ? ok(table[id]) : problem(404, "NOT_FOUND", "没有找到这条记录。", "There is no such record."));
  return {
    "cards.product.list": () => ok({ products: [PRODUCT, { ...PRODUCT, code: "CARD-TIDE-PLAT", name: { zh: "潮汐白金卡", en: "Tide Platinum 潮汐白金卡" }, open: false }] }),
    "cards.form": () => ok(FORM),
    "cards.list": () => ok({ cards: empty ? [] : Object.values(cards) }),
    "cards.get": ({ cardId }) => known(cards, cardId),
    "cards.application.list": () => ok({ applications: empty ? [] : Object.values(applications) }),
    "cards.application.get": ({ applicationId }) => known(applications, applicationId),
    "cards.application.create": () => ok(applications.cap_draft),
    "cards.application.save": ({ applicationId, section }, { answers: given }) => { applications[applicationId].answers[section] = given; return ok(applications[applicationId]); },
    "cards.application.consent": ({ applicationId }) => known(applications, applicationId),
    "cards.application.submit": ({ applicationId }) => { applications[applicationId].state = "IN_REVIEW"; return ok(applications[applicationId]); },
    "cards.account.get": () => ok(account),
    "cards.bill.list": () => ok({ bills: empty ? [] : [bill(3), bill(2), bill(1)], nextCursor: null }),
    "cards.bill.get": () => ok(bill(3)),
    "cards.entry.list": () => ok({ entries: empty ? [] : ENTRIES, nextCursor: null }),
    "cards.bill.csv": () => ok({ file: { name: "card-bill.csv", mediaType: "text/csv; charset=utf-8", content: "MQ" } }),
    "cards.bill.pdf": () => ok({ file: { name: "card-bill.pdf", mediaType: "application/pdf", content: "JVBERi0x" } }),
    "cards.entry.csv": () => ok({ file: { name: "card-entry.csv", mediaType: "text/csv; charset=utf-8", content: "MQ" } }),
    "cards.entry.pdf": () => ok({ file: { name: "card-entry.pdf", mediaType: "application/pdf", content: "JVBERi0x" } }),
    "cards.repayment.get": () => ok({ repaymentId: "rep_1", operationId: "opn_1", accountId: "cac_1", amountFen: 120000, state: "DONE", automatic: false, createdAt: "2026-11-20T02:00:00Z", reason: null }),
    "cards.repayment.list": () => ok({ repayments: [] }),
    "cards.repay.prepare": (_, body) => bank.challenge(body),
  };
}
