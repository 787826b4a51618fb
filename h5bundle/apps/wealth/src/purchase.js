// Buying: the amount, the bank's own slip signed by the device, and an end that always says what happened to the money.

const FIELD_OF = { AMOUNT_MINIMUM: "yuan", AMOUNT_STEP: "yuan", INSUFFICIENT_FUNDS: "yuan", DEVICE_LIMIT: "yuan", QUOTA_GONE: "yuan", LIMIT_DAY: "yuan", LIMIT_YEAR: "yuan", REQUEST_INVALID: "yuan", AGE_CONFIRMATION_REQUIRED: "age", QUALIFICATION_REQUIRED: "qualified" };

const purchase = new Signing({
  kind: "purchase", what: "what.purchase", result: "/result", list: "/orders", listLabel: "title.orders",
  rows: (about) => [[t("end.name"), about.name], [t("end.amount"), money(about.amountFen)]],
  order: (result) => (result.orderId ? "/order/" + result.orderId : null),
  find: findOrder,
  again: (about) => "/buy/" + about.code,
  back: { label: "end.product", path: (about) => "/product/" + about.code },
});

/** What is wrong with an amount for a product, in a sentence, or null. */
function amountProblem(amountFen, product) {
  const places = { minimum: wholeMoney(product.minimumFen), step: wholeMoney(product.stepFen) };
  if (amountFen < product.minimumFen) return t("buy.minimum", places);
  return (amountFen - product.minimumFen) % product.stepFen === 0 ? null : t("buy.step", places);
}

/** Prepare the purchase and have it signed; what the bank refuses is said at its field. */
async function send(attempt, product, account, amountFen, fields) {
  try {
    const body = { product: product.code, accountId: account.accountId, amountFen, ...(fields.age.value() ? { ageConfirmed: true } : {}), ...(fields.qualified.value() ? { qualified: true } : {}) };
    await purchase.ask(attempt, null, body, { code: product.code, name: said(product.name), amountFen });
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble.code === "AGE_CONFIRMATION_REQUIRED") fields.age.element.hidden = false;
    fields.fund.hidden = trouble.code !== "INSUFFICIENT_FUNDS";
    placeTrouble(trouble, FIELD_OF, fields, fields.line.say);
  }
}

function buyForm(place, product, account) {
  const attempt = new Attempt("wealth.order.prepare");
  const line = formLine();
  const places = { minimum: wholeMoney(product.minimumFen), step: wholeMoney(product.stepFen) };
  const yuan = moneyField({ label: t("buy.amount"), hint: t("buy.hint", places), problem: (fen) => amountProblem(fen, product) });
  const fund = h("div", { hidden: true }, button(t("buy.fund"), { class: "small block" }, () => openBundle("accounts#/fund")).element);
  const age = agreeField(t("buy.age"));
  age.element.hidden = true;
  const qualified = agreeField(t("buy.qualified"));
  qualified.element.hidden = !product.private;
  const submit = button(t("buy.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    fund.hidden = true;
    const amountFen = yuan.check();
    if (amountFen === null) return;
    const missing = [qualified, age].find((one) => !one.element.hidden && !one.value());
    if (!missing) await send(attempt, product, account, amountFen, { yuan, age, qualified, fund, line });
    else {
      missing.error(t("buy.agree.choose"));
      missing.focus();
    }
  });
  const from = knownField(t("buy.from"), t("buy.account", { tail: account.number, amount: plainMoney(account.availableFen) }));
  place.show({
    title: t("title.buy"), action: submit.element,
    body: [h("div", { class: "head" }, h("h1", null, t("buy.title")), h("div", { class: "row wrap" }, h("span", { class: "soft" }, said(product.name)), riskStaff(product.risk))),
      form([yuan.element, fund, from.element, qualified.element, age.element, line.element], submit), note("tide", "shield", t("buy.note"))],
  });
}

async function buyView(place) {
  const obtain = async () => {
    const product = await ask("wealth.product.get", { code: place.params.code });
    return { product, account: (await ask("accounts.list")).accounts[0] };
  };
  await place.load(t("title.buy"), "add", obtain, ({ product, account }) => {
    if (account) buyForm(place, product, account);
    else place.show({ title: t("title.buy"), body: state({ mark: "account", title: t("buy.noaccount.title"), text: t("buy.noaccount.text"), actions: button(t("buy.open"), { class: "primary" }, () => openBundle("accounts")).element }) });
  });
}
