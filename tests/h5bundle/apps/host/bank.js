// A bank of one customer for the pages' tests: it answers the operations as the interface says, from what was done before.

export const TIMES = "2026-11-20T06:32:00Z";

export const PRODUCT = {
  code: "JMG-WY90", name: "金芒果 · 稳盈 90 天持有", risk: "R2", category: { zh: "固定收益类", en: "Fixed income" }, benchmarkLow: "2.35",
  benchmarkHigh: "2.85", holdingDays: 90, minimumFen: 1000000, stepFen: 100, state: "OPEN", quotaTotalFen: 50000000000, quotaLeftFen: 17400000000,
  private: false, maturesOn: null,
};
export const RISKY = {
  ...PRODUCT, code: "JMG-JQ365", name: "金芒果 · 进取 365 天持有", risk: "R4", category: { zh: "混合类", en: "Mixed" }, benchmarkLow: "3.10",
  benchmarkHigh: "5.40", holdingDays: 365,
};
export const GONE = { ...PRODUCT, code: "JMG-TT7", name: "金芒果 · 天天 7 天持有", risk: "R1", benchmarkLow: "1.90", benchmarkHigh: "2.10", holdingDays: 7, state: "SOLD_OUT", quotaLeftFen: 0 };

function series() {
  const first = Date.UTC(2026, 7, 21);
  return Array.from({ length: 62 }, (_, index) => ({
    date: new Date(first + index * 1.5 * 86400000).toISOString().slice(0, 10),
    value: (1.008 + (0.0063 * index) / 61 + 0.0003 * Math.sin(index / 5) * (1 - index / 61)).toFixed(4),
  }));
}

export const DETAIL = {
  nav: series(),
  dates: { purchaseBefore: "2026-11-20T07:00:00Z", tradeDate: "2026-11-20", confirmDate: "2026-11-24", redeemableFrom: "2027-02-22", redeemableProvisional: false, cancellableUntil: "2026-11-20T07:00:00Z" },
  warning: { zh: "理财非存款，产品有风险，投资须谨慎。", en: "Wealth products are not deposits. They carry risk; invest with care." },
  issuer: { zh: "澜江理财有限责任公司", en: "Lanjiang Wealth Co., Ltd." },
};

const QUESTIONS = {
  version: "wealth-2026.1",
  questions: [
    ["q1", "你的家庭年收入大约是多少？", "What is your household's yearly income?", ["10 万元以下", "Under ¥100,000"], ["10 万到 50 万元", "¥100,000 to ¥500,000"], ["50 万元以上", "Over ¥500,000"]],
    ["q2", "你投资过哪些产品？", "What have you invested in?", ["只有存款", "Deposits only"], ["债券或理财", "Bonds or wealth products"], ["股票或期货", "Shares or futures"]],
    ["q3", "能承受多大的亏损？", "How large a loss could you bear?", ["不能亏", "None"], ["10% 以内", "Up to 10%"], ["30% 以上", "Over 30%"]],
  ].map(([id, zh, en, ...options]) => ({ id, text: { zh, en }, options: options.map(([a, b], index) => ({ id: id + "." + (index + 1), text: { zh: a, en: b } })) })),
};

export function problem(status, code, zh, en, extra = {}) {
  return { status, body: { type: "about:blank", title: code, status, code, detail: en, message: { zh, en }, requestId: "req_1", ...extra } };
}

export const ok = (body) => ({ status: 200, body });

/** The bank. Options: {state: "new" | "card" | "open" | "bound" | "empty" | "held" | "pool", level: "C3" | null}; `more` are a bundle's own answers. */
export class Bank {
  constructor(options) {
    this.application = null;
    this.more = {};
    this.bound = ["bound", "empty", "held", "pool"].includes(options.state);
    this.level = options.level === undefined ? "C3" : options.level;
    this.balance = 846072;
    this.orders = [];
    this.answered = new Map();
    this.challenges = new Map();
    this.fundings = 0;
    this.entries = [
      { journal: "j1", amountFen: 2000000, memo: "从绑定卡转入", at: "2026-11-20T01:12:00Z", counterparty: "7935" },
      { journal: "j2", amountFen: -1153928, memo: "申购 金芒果 · 稳盈 90 天持有", at: "2026-11-18T02:24:00Z", counterparty: "0019" }];
    if (options.state === "empty") this.entries = [];
    if (options.state !== "new") this.#begin(options.state);
  }

  #begin(state) {
    this.application = { applicationId: "app_1", class: "II", state: "ID_CHECK", name: "陈*", idNumber: "3301 **** 2816", mobile: "138 **** 6620", card: null, account: null, sandboxCode: "482913", expiresAt: "2026-11-27T06:32:00Z", reason: null };
    if (state === "card") Object.assign(this.application, { state: "BIND_VERIFY", sandboxCode: null });
    if (!["code", "card"].includes(state)) this.#open();
  }

  #open() {
    Object.assign(this.application, { state: "OPEN", sandboxCode: null, card: { tail: "7935", bankZh: "中国工商银行", bankEn: "ICBC" }, account: { accountId: "acc_1", number: "3381" } });
  }

  answer({ op, params = {}, body = {}, idempotencyKey }) {
    const verb = this.more[op] || this["do " + op];
    if (!verb) return problem(404, "OPERATION_UNKNOWN", "没有这项服务。", "There is no such service.");
    if (idempotencyKey && this.answered.has(idempotencyKey)) return this.answered.get(idempotencyKey);
    const answer = verb.call(this, params, body || {});
    if (idempotencyKey && answer.status < 400) this.answered.set(idempotencyKey, answer);
    return answer;
  }

  "do accounts.application.current"() {
    return this.application ? ok({ ...this.application }) : problem(404, "NOT_FOUND", "没有找到这条记录。", "There is no such record.");
  }

  "do accounts.application.create"(_, body) {
    if (body.idNumber.slice(-1) === "0") return problem(422, "ID_CHECKSUM", "身份证号不对，请对照身份证再看一遍。", "This ID number is not valid. Compare it with the card.");
    if (!/^1\d{10}$/.test(body.mobile)) return problem(422, "MOBILE_INVALID", "手机号要 11 位，以 1 开头。", "A mobile number has 11 digits and begins with 1.");
    this.#begin("code");
    this.application.class = body.class || "II";
    return ok({ ...this.application });
  }

  "do accounts.application.resend_code"() {
    this.application.sandboxCode = "771204";
    return ok({ ...this.application });
  }

  "do accounts.application.verify_code"(_, body) {
    if (body.code !== this.application.sandboxCode) return problem(422, "CODE_WRONG", "验证码不对，还可以试 4 次。", "Wrong code. 4 tries left.", { left: 4 });
    Object.assign(this.application, { state: "BIND_VERIFY", sandboxCode: null });
    return ok({ ...this.application });
  }

  "do accounts.application.bind_card"(_, body) {
    if (body.cardNumber === "6222021208004417935") return problem(422, "BIND_NOT_CLASS_I", "这张卡是 Ⅱ类户。请换一张在柜台开立的 Ⅰ类户的卡。", "This card is a class II account. Use a class I card opened at a branch.");
    if (body.cardNumber === "6222021208004417000") return problem(422, "BIND_MISMATCH", "手机号和银行预留的不一致。", "The mobile number is not the one your bank has.", { element: "mobile" });
    this.application.state = "CRS";
    this.application.card = { tail: body.cardNumber.slice(-4), bankZh: "中国工商银行", bankEn: "ICBC" };
    return ok({ ...this.application });
  }

  "do accounts.application.declare_tax"(_, body) {
    if (!body.declared || body.residency !== "CN_ONLY") return problem(422, "CRS_REQUIRED", "线上只能为仅为中国税收居民的人开户。其他情况请到网点办理。", "Online opening is for Chinese tax residents only. Please visit a branch.");
    this.#open();
    return ok({ ...this.application });
  }

  #account() {
    return { accountId: "acc_1", class: "II", number: "3381", currency: "CNY", balanceFen: this.balance, availableFen: this.balance, state: "OPEN", boundCard: { tail: "7935", bankZh: "中国工商银行", bankEn: "ICBC" }, openedAt: "2026-11-02T02:24:00Z" };
  }

  "do accounts.list"() {
    return ok({ accounts: this.bound ? [this.#account()] : [] });
  }

  "do accounts.entries"() {
    return ok({ entries: this.entries });
  }

  "do accounts.fund"(_, body) {
    if (body.amountFen > 5000000000) return problem(422, "LIMIT_DAY", "超过今天的限额，钱没有动。", "Over today's limit. No money has moved.");
    this.fundings += 1;
    this.balance += body.amountFen;
    return ok({ fundingId: "fnd_1", state: "DONE", amountFen: body.amountFen, balanceFen: this.balance, reason: null });
  }

  "do wealth.product.list"() {
    return ok({ products: [PRODUCT, RISKY, GONE] });
  }

  "do wealth.product.get"(params) {
    const product = [PRODUCT, RISKY, GONE].find((one) => one.code === params.code);
    if (!product) return problem(404, "NOT_FOUND", "没有找到这条记录。", "There is no such record.");
    const matches = this.level ? Number(this.level[1]) >= Number(product.risk[1]) : null;
    return ok({ ...product, ...DETAIL, suitability: { level: this.level, validUntil: this.level ? "2027-11-20T06:32:00Z" : null, matches, qualified: null } });
  }

  "do wealth.suitability.get"() {
    return ok({ level: this.level, validUntil: this.level ? "2027-11-20T06:32:00Z" : null, leftToday: 2 });
  }

  "do wealth.suitability.questions"() {
    return ok(QUESTIONS);
  }

  "do wealth.suitability.assess"() {
    this.level = "C3";
    return ok({ level: "C3", score: 46, assessedAt: TIMES, validUntil: "2027-11-20T06:32:00Z", leftToday: 1 });
  }

  "do wealth.order.prepare"(_, body) {
    if (body.amountFen > this.balance) return problem(422, "INSUFFICIENT_FUNDS", "余额不够，钱没有动。先从绑定卡转入。", "Not enough money. No money has moved. Move some in from your card first.");
    return this.challenge(body);
  }

  /** Freeze an operation: its challenge, as every prepare answers. */
  challenge(body) {
    const asked = { challengeId: "chl_" + (this.challenges.size + 1).toString().padStart(8, "0"), operationId: "opr_" + (this.challenges.size + 1), expiresAt: "2026-11-20T06:37:00Z" };
    this.challenges.set(asked.challengeId, { ...asked, ...body });
    return ok(asked);
  }

  place(challengeId, state = "ACCEPTED") {
    const asked = this.challenges.get(challengeId);
    const order = {
      orderId: "ord_" + (this.orders.length + 1), operationId: asked.operationId, product: asked.product, productName: PRODUCT.name, amountFen: asked.amountFen, state,
      tradeDate: "2026-11-20", confirmDate: "2026-11-24", redeemableFrom: "2027-02-22", redeemableProvisional: true, bundle: "wealth@1.0.0#9f2c41d8" + "0".repeat(48) + "7ae0e41b", deviceId: "dev_7f3a91c2d4e5", placedAt: TIMES, reason: null,
      cancellableUntil: state === "ACCEPTED" ? "2026-11-20T07:00:00Z" : null, nav: null, shares: null, restFen: null, steps: [{ state: "CREATED", at: TIMES }],
    };
    this.orders.unshift(order);
    if (state === "ACCEPTED") this.balance -= asked.amountFen;
    return order;
  }

  "do wealth.transaction.list"() {
    return ok({ transactions: this.orders.map((order) => ({ kind: "PURCHASE", ...order })), nextCursor: null });
  }

  "do wealth.order.get"(params) {
    const order = this.orders.find((one) => one.orderId === params.orderId);
    return order ? ok({ ...order }) : problem(404, "NOT_FOUND", "没有找到这条记录。", "There is no such record.");
  }
}
