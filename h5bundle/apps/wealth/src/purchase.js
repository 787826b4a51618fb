// Buying: amount, the bank's own slip signed by the device, and an end that always says what happened to the money.

const end = { outcome: null };
const FIELD_OF = { AMOUNT_MINIMUM: "yuan", AMOUNT_STEP: "yuan", INSUFFICIENT_FUNDS: "yuan", DEVICE_LIMIT: "yuan", QUOTA_GONE: "yuan", LIMIT_DAY: "yuan", LIMIT_YEAR: "yuan", REQUEST_INVALID: "yuan", AGE_CONFIRMATION_REQUIRED: "age" };
const GRACE_MILLISECONDS = 60000;

/** What is wrong with an amount for a product, in a sentence, or null. */
function amountProblem(amountFen, product) {
  const places = { minimum: wholeMoney(product.minimumFen), step: wholeMoney(product.stepFen) };
  if (amountFen === null) return t("buy.bad");
  if (amountFen < product.minimumFen) return t("buy.minimum", places);
  return (amountFen - product.minimumFen) % product.stepFen === 0 ? null : t("buy.step", places);
}

function outcomeOf(trouble) {
  const names = { CHALLENGE_INVALID: "expired", CHALLENGE_EXPIRED: "expired", APPROVAL_EXPIRED: "expired", CHALLENGE_USED: "unknown", USER_VERIFICATION_FAILED: "unverified", LOCKED_OUT: "locked" };
  const kinds = { cancelled: "cancelled", unbound: "unbound", refused: "refused", auth: "unbound", busy: "refused", limited: "refused" };
  if (trouble.bridge === "CHALLENGE_INVALID" && trouble.code !== "CHALLENGE_USED") return "expired";
  return names[trouble.code] || kinds[trouble.kind] || "unknown";
}

/** Have the bank's slip signed, and go where its end leads. */
async function sign(asked, product, amountFen) {
  const pending = { operationId: asked.operationId, expiresAt: asked.expiresAt, code: product.code, name: said(product.name), amountFen };
  await keepPending(pending);
  try {
    const signed = await desk.bridge.tx.sign({ challengeId: asked.challengeId });
    if (signed.result && signed.result.orderId) {
      await dropPending();
      go("/order/" + signed.result.orderId, true);
      return;
    }
    end.outcome = { name: "unknown", pending };
  } catch (error) {
    const trouble = troubleOf(error);
    end.outcome = { name: outcomeOf(trouble), pending, text: trouble.text, code: trouble.code };
    if (end.outcome.name !== "unknown") await dropPending();
  }
  go("/result", true);
}

function buyForm(place, product, account, typed) {
  const attempt = new Attempt("wealth.order.prepare");
  const line = formLine();
  const places = { minimum: wholeMoney(product.minimumFen), step: wholeMoney(product.stepFen) };
  const yuan = field({ label: t("buy.amount"), inputmode: "decimal", money: true, maxlength: 15, hint: t("buy.hint", places), value: typed, enterkeyhint: "done" });
  const fund = h("div", { hidden: true }, button(t("buy.fund"), { class: "small block" }, () => openBundle("accounts#/fund")).element);
  const age = agreeField(t("buy.age"));
  age.element.hidden = true;
  const submit = button(t("buy.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    fund.hidden = true;
    const amountFen = parseYuan(yuan.value());
    const problem = amountProblem(amountFen, product);
    if (problem) {
      yuan.error(problem);
      yuan.focus();
      return;
    }
    if (!age.element.hidden && !age.value()) {
      age.error(t("buy.age.choose"));
      age.focus();
      return;
    }
    try {
      const asked = await attempt.send(null, { product: product.code, accountId: account.accountId, amountFen, ...(age.value() ? { ageConfirmed: true } : {}) });
      attempt.renew();
      await sign(asked, product, amountFen);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.code === "AGE_CONFIRMATION_REQUIRED") age.element.hidden = false;
      fund.hidden = trouble.code !== "INSUFFICIENT_FUNDS";
      placeTrouble(trouble, FIELD_OF, { yuan, age }, line.say);
    }
  });
  const from = knownField(t("buy.from"), t("buy.account", { tail: account.number, amount: plainMoney(account.availableFen) }));
  place.show({
    title: t("title.buy"), action: submit.element,
    body: [h("div", { class: "head" }, h("h1", null, t("buy.title")), h("div", { class: "row wrap" }, h("span", { class: "soft" }, said(product.name)), riskStaff(product.risk))),
      form([yuan.element, fund, from.element, age.element, line.element], submit), note("tide", "shield", t("buy.note"))],
  });
}

async function buyView(place) {
  const obtain = async () => {
    const product = await ask("wealth.product.get", { code: place.params.code });
    return { product, account: (await ask("accounts.list")).accounts[0] };
  };
  await place.load(t("title.buy"), "add", obtain, ({ product, account }) => {
    if (account) buyForm(place, product, account, "");
    else place.show({ title: t("title.buy"), body: state({ mark: "account", title: t("buy.noaccount.title"), text: t("buy.noaccount.text"), actions: button(t("buy.open"), { class: "primary" }, () => openBundle("accounts")).element }) });
  });
}

const MARKS_OF = { cancelled: ["x", "plain"], expired: ["clock", "warn"], unverified: ["lock", "warn"], locked: ["lock", "bad"], unbound: ["phone", "warn"], refused: ["x", "bad"], unknown: ["clock", "warn"] };

/** Look for the order of an operation whose end is not known. */
async function findOrder(place, outcome, line) {
  line.clear();
  try {
    const { orders } = await ask("wealth.order.list");
    const order = orders.find((one) => one.operationId === outcome.pending.operationId);
    if (order) {
      await dropPending();
      go("/order/" + order.orderId, true);
    } else if (Date.now() > Date.parse(outcome.pending.expiresAt) + GRACE_MILLISECONDS) {
      await dropPending();
      outcomeScreen(place, { name: "expired", pending: outcome.pending, text: t("end.missing.text") });
    } else line.say(t("end.still"));
  } catch (error) {
    const trouble = troubleOf(error);
    line.say(sentence(trouble, true), trouble);
  }
}

function outcomeScreen(place, outcome) {
  const [mark, kind] = MARKS_OF[outcome.name];
  const line = formLine();
  const own = outcome.name === "refused" && outcome.text ? outcome.text + " " : "";
  const text = outcome.name === "expired" && outcome.text ? outcome.text : own || t("end." + outcome.name + ".text");
  const askAgain = button(t("end.ask"), { class: "primary block", icon: "refresh" }, () => findOrder(place, outcome, line));
  const again = button(t("end.again"), { class: "primary block" }, async () => go("/buy/" + outcome.pending.code, true));
  const back = button(t("end.product"), { class: "block" }, async () => go("/product/" + outcome.pending.code, true));
  const orders = button(t("end.orders"), { class: "block" }, async () => go("/orders", true));
  const unbound = button(t("bound.action"), { class: "primary block" }, () => openBundle("accounts"));
  const actions = { unknown: [askAgain.element, orders.element], unbound: [unbound.element] }[outcome.name] || [again.element, back.element];
  place.show({
    title: t("title.buy"), action: actions,
    body: [state({ mark, kind, title: t("end." + outcome.name + ".title"), text, code: outcome.name === "refused" ? outcome.code : "" }),
      h("section", { class: "card" }, facts([[t("end.name"), outcome.pending.name], [t("end.amount"), money(outcome.pending.amountFen)]])), line.element],
  });
}

async function resultView(place) {
  const pending = end.outcome ? null : await keptPending();
  const outcome = end.outcome || (pending && { name: "unknown", pending });
  end.outcome = null;
  if (outcome) outcomeScreen(place, outcome);
  else go("/", true);
}
