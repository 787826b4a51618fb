// Money in and out: the amount, when it earns or arrives, and the caps of taking out at once.

/** What a customer may still take out at once: the cap of the day, or what the bank's pool still has. */
function fastLeft(fast) {
  return fast.poolOpen ? Math.min(fast.leftFen, fast.poolLeftFen) : 0;
}

/** What is wrong with an amount, in a sentence, or null. */
function amountProblem(product, most, lack) {
  return (fen) => {
    if (fen < product.minimumFen) return t("amount.minimum", { minimum: wholeMoney(product.minimumFen) });
    return most() !== null && fen > most() ? lack() : null;
  };
}

function inDates(dates) {
  if (!dates) return note("warn", "clock", t("dates.none"));
  return h("section", { class: "card" }, datePath([{ when: before(dates.before), what: t("in.move"), done: true }, { when: day(dates.confirmDate), what: t("in.confirm") }, { when: day(dates.incomeFrom), what: t("in.earns") }]));
}

function inForm(place, { product, accounts }) {
  const attempt = new Attempt("sweep.purchase.prepare");
  const line = formLine();
  const account = accountField(t("in.from"), accounts, (one) => t("account.has", { amount: plainMoney(one.availableFen) }));
  const chosen = () => accountOf(accounts, account.value());
  const one = accounts.length === 1 ? { fen: accounts[0].availableFen, label: t("amount.all") } : null;
  const yuan = moneyField({ label: t("in.amount"), hint: t("in.hint", { minimum: wholeMoney(product.minimumFen) }), all: one, problem: amountProblem(product, () => chosen().availableFen, () => t("in.short")) });
  const submit = button(t("in.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    const amountFen = yuan.check();
    if (amountFen === null) return;
    try {
      await signed.purchase.ask(attempt, null, { product: product.code, accountId: account.value(), amountFen }, { label: "end.amount", amountFen });
    } catch (error) {
      placeTrouble(troubleOf(error), FIELDS, { yuan }, line.say);
    }
  });
  place.show({
    title: t("title.in"), action: submit.element,
    body: [pageHead(t("in.title")), form([yuan.element, account.element, line.element], submit), inDates(product.purchase),
      note("info", "info", said(product.warning)), note("tide", "shield", t("moving.note"))],
  });
}

async function inView(place) {
  const obtain = () => together({ product: lookAtProduct(), held: lookAtAccounts(), agreed: lookAtAgreements() });
  await place.load(t("title.in"), "add", obtain, ({ product, held, agreed }) => {
    const accounts = held.accounts.filter((one) => agreed.agreements.some((agreement) => agreement.accountId === one.accountId));
    if (accounts.length) inForm(place, { product, accounts });
    else if (held.accounts.length) noAgreement(place, t("title.in"));
    else noAccount(place, t("title.in"));
  });
}

/** How the money comes out: at once while both caps last, and always by the next trading day. */
function modeField(product, changed) {
  const { fast, redemption } = product;
  const left = fastLeft(fast);
  const normal = { value: "normal", label: t("out.normal"), caption: redemption ? t("out.normal.text", { date: day(redemption.arrivesOn) }) : t("dates.none") };
  const choices = left > 0 ? [{ value: "fast", label: t("out.fast"), caption: t("out.fast.text", { left: plainMoney(left) }) }, normal] : [normal];
  return choiceField({ label: t("out.mode"), choices, value: choices[0].value, changed });
}

/** The day's cap as a gauge; when the pool or the cap is used up, that the normal way goes on. */
function capCard(product) {
  const { fast } = product;
  if (!fast.poolOpen) return note("warn", "alert", t("fast.pool"));
  return [fastCard(product), fast.leftFen ? null : note("warn", "alert", t("fast.used"))];
}

function outForm(place, { product, accounts, position }) {
  const attempt = new Attempt("sweep.redeem.prepare");
  const line = formLine();
  const free = (account) => position.positions.filter((one) => one.accountId === account.accountId).reduce((all, one) => Math.max(all, one.freeFen), 0);
  const account = accountField(t("out.to"), accounts, (one) => t("out.free", { amount: plainMoney(free(one)) }));
  const mode = modeField(product, () => { yuan.error(""); all.fen = most(); });
  const most = () => Math.min(free(accountOf(accounts, account.value())), mode.value() === "fast" ? fastLeft(product.fast) : Infinity);
  const lack = () => t(mode.value() === "fast" && most() === fastLeft(product.fast) ? "out.over" : "out.short");
  const all = { fen: most(), label: t("amount.all") };
  const yuan = moneyField({ label: t("out.amount"), all: accounts.length === 1 ? all : null, problem: amountProblem(product, most, lack) });
  const submit = button(t("out.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    const amountFen = yuan.check();
    if (amountFen === null) return;
    try {
      await signed.redemption.ask(attempt, null, { product: product.code, accountId: account.value(), amountFen, mode: mode.value() }, { label: "end.amount", amountFen });
    } catch (error) {
      placeTrouble(troubleOf(error), FIELDS, { yuan, mode }, line.say);
    }
  });
  place.show({
    title: t("title.out"), action: submit.element,
    body: [pageHead(t("out.title")), form([yuan.element, mode.element, account.element, line.element], submit), capCard(product), note("tide", "shield", t("out.note"))],
  });
}

async function outView(place) {
  const obtain = () => together({ product: lookAtProduct(), held: lookAtAccounts(), position: lookAtPosition() });
  await place.load(t("title.out"), "add", obtain, ({ product, held, position }) => {
    const accounts = held.accounts.filter((one) => position.positions.some((row) => row.accountId === one.accountId && row.freeFen > 0));
    if (accounts.length) outForm(place, { product, accounts, position });
    else firstThis(place, t("title.out"), { title: t("out.none.title"), text: t("out.none.text"), label: t("end.front"), open: async () => go("/", true) });
  });
}
