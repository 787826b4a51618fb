// The agreement: signed once with an amount that stays in the account; paused, gone on with, changed and ended here.

function signForm(place, { product, held, agreed }) {
  const attempt = new Attempt("sweep.agreement.prepare");
  const line = formLine();
  const known = agreed.agreements[0];
  const places = { most: wholeMoney(product.floorMostFen) };
  const account = accountField(t("sign.account"), known ? [accountOf(held.accounts, known.accountId) || held.accounts[0]] : held.accounts, (one) => t("account.has", { amount: plainMoney(one.availableFen) }));
  const yuan = moneyField({
    label: t("sign.floor"), hint: t("sign.hint"), value: plainMoney(known ? known.floorFen : product.floorDefaultFen),
    problem: (fen) => (fen > product.floorMostFen ? t("sign.most", places) : null),
  });
  const submit = button(t("sign.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    const floorFen = yuan.check();
    if (floorFen === null) return;
    try {
      await signed.agreement.ask(attempt, null, { product: product.code, accountId: account.value(), floorFen }, { label: "sign.kept", amountFen: floorFen });
    } catch (error) {
      placeTrouble(troubleOf(error), FIELDS, { yuan }, line.say);
    }
  });
  place.show({
    title: t("title.sign"), action: submit.element,
    body: [pageHead(t(known ? "sign.change" : "sign.keep"), t("sign.text")),
      form([yuan.element, account.element, line.element], submit),
      h("section", { class: "card" }, facts([[t("sign.product"), product.name], [t("sign.terms"), product.terms], [t("sign.when"), t("sign.evening")]])),
      note("info", "info", said(product.warning)), note("tide", "shield", t("sign.note"))],
  });
}

async function signView(place) {
  const obtain = () => together({ product: lookAtProduct(), held: lookAtAccounts(), agreed: lookAtAgreements() });
  await place.load(t("title.sign"), "add", obtain, (found) => {
    if (found.held.accounts.length) signForm(place, found);
    else noAccount(place, t("title.sign"));
  });
}

/** Pause an agreement or go on with it; the switch stays where it was when that fails. */
function autoSwitch(agreement) {
  const attempts = { true: new Attempt("sweep.agreement.resume"), false: new Attempt("sweep.agreement.pause") };
  return switchField({
    label: t("agree.auto"), caption: t("agree.auto.text"), value: agreement.state === "ACTIVE",
    changed: async (on) => {
      await attempts[on].send({ agreementId: agreement.agreementId });
      redraw();
    },
  });
}

function endSheet(agreement) {
  const attempt = new Attempt("sweep.agreement.end");
  const line = formLine();
  const end = button(t("agree.end"), { class: "block danger" }, async () => {
    line.clear();
    try {
      await attempt.send({ agreementId: agreement.agreementId });
      sheet.close();
      toast(t("agree.ended"));
      go("/", true);
    } catch (error) {
      line.say(sentence(troubleOf(error)));
    }
  });
  const sheet = pageSheet(t("agree.end.title"), [h("p", { class: "soft" }, t("agree.end.text")), h("div", { class: "gap" }), line.element, h("div", { class: "gap" }), end.element]);
}

function agreementCard(agreement, accounts) {
  return [h("section", { class: "card flush" }, autoSwitch(agreement).element),
    h("section", { class: "card" }, facts([[t("agree.floor"), money(agreement.floorFen)], [t("sign.account"), accountName(accountOf(accounts, agreement.accountId))],
      [t("agree.fund"), agreement.fund], [t("sign.terms"), agreement.terms], [t("agree.signed"), moment(agreement.signedAt)]])),
    h("section", { class: "card flush" }, h("button", { type: "button", class: "item", onclick: () => endSheet(agreement) }, h("span", { class: "grow" }, h("b", null, t("agree.end")), h("span", { class: "cap line" }, t("agree.end.short"))), h("span", { class: "muted" }, icon("right"))))];
}

async function agreementView(place) {
  const obtain = () => together({ agreed: lookAtAgreements(), held: lookAtAccounts() });
  await place.load(t("title.agreement"), "dcd", obtain, ({ agreed, held, seenAt }) => {
    if (!agreed.agreements.length) {
      noAgreement(place, t("title.agreement"));
      return;
    }
    place.show({
      title: t("title.agreement"), action: button(t("agree.change"), { class: "primary block" }, async () => go("/sign")).element,
      body: [pageHead(t("title.agreement"), t("sign.text")), place.staleNote(seenAt), agreed.agreements.map((one) => agreementCard(one, held.accounts))],
    });
  });
}
