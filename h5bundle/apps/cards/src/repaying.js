// Repaying from the customer's own account, signed by the device, and the agreement on automatic repayment.

const REPAY_FIELDS = { CARD_REPAY_TOO_MUCH: "yuan", INSUFFICIENT_FUNDS: "yuan", DEVICE_LIMIT: "yuan", REQUEST_INVALID: "yuan" };
const CHECKING = ["CREATED", "UNKNOWN"];

const repayment = new Signing({
  kind: "repayment", what: "what.repayment", result: "/result", list: "/", listLabel: "title.home",
  rows: (about) => [[t("end.card"), about.name], [t("end.amount"), money(about.amountFen)]],
  order: (result) => (result.orderId ? "/repayment/" + result.orderId : null),
  find: async (pending) => {
    const { repayments } = await ask("cards.repayment.list", { accountId: pending.about.accountId });
    const found = repayments.find((one) => one.operationId === pending.operationId);
    return found ? "/repayment/" + found.repaymentId : null;
  },
  again: (about) => "/repay/" + about.accountId,
});

const agreement = new Signing({
  kind: "agreement", what: "what.agreement", result: "/agreed", list: "/", listLabel: "title.home",
  rows: (about) => [[t("end.card"), about.name], [t("autopay.share"), t("autopay." + about.share)]],
  order: (result) => (result.accountId ? "/autopay/" + result.accountId : null),
  find: async (pending) => {
    const account = await ask("cards.account.get", { accountId: pending.about.accountId });
    return account.autopay ? "/autopay/" + account.accountId : null;
  },
  again: (about) => "/autopay/" + about.accountId,
});

function noPayer(place, title) {
  place.show({ title, body: state({ mark: "account", title: t("repay.noaccount.title"), text: t("repay.noaccount.text"), actions: button(t("repay.open"), { class: "primary" }, () => openBundle("accounts")).element }) });
}

async function payerAnd(account) {
  const card = await ask("cards.account.get", { accountId: account });
  const open = (await ask("accounts.list")).accounts.filter((one) => one.state === "OPEN");
  return { card, payer: open[0] };
}

function payerField(payer) {
  return knownField(t("repay.from"), t("repay.account", { tail: payer.number, amount: plainMoney(payer.availableFen) }));
}

function repayForm(place, card, payer) {
  const attempt = new Attempt("cards.repay.prepare");
  const line = formLine();
  const left = card.bill ? card.bill.leftFen : 0;
  const whole = left || Math.max(card.owedFen - card.repayingFen, 0);
  const most = Math.min(card.mostRepayFen, payer.availableFen);
  const yuan = moneyField({
    label: t("repay.amount"), hint: t("repay.hint", { owed: plainMoney(card.owedFen), minimum: plainMoney(card.bill ? card.bill.minimumLeftFen : 0) }),
    value: whole > 0 ? plainMoney(Math.min(whole, most)) : "", all: { fen: Math.min(whole, most), label: t("repay.all") },
    problem: (fen) => (fen === 0 ? t("money.bad") : fen > card.mostRepayFen ? t("repay.most", { most: plainMoney(card.mostRepayFen) }) : null),
  });
  const fields = { yuan };
  const send = button(t("repay.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    const amountFen = yuan.check();
    if (amountFen === null) return;
    try {
      const about = { accountId: card.accountId, name: said(card.productName), amountFen };
      await repayment.ask(attempt, { accountId: card.accountId }, { payerAccountId: payer.accountId, amountFen }, about);
    } catch (error) {
      placeTrouble(troubleOf(error), REPAY_FIELDS, fields, line.say);
    }
  });
  place.show({
    title: t("title.repay"), action: send.element,
    body: [pageHead(t("repay.title"), said(card.productName)),
      form([yuan.element, payerField(payer).element, line.element], send), note("tide", "shield", t("repay.note"))],
  });
}

async function repayView(place) {
  await place.load(t("title.repay"), "add", () => payerAnd(place.params.account), ({ card, payer }) => {
    if (payer) repayForm(place, card, payer);
    else noPayer(place, t("title.repay"));
  });
}

function repaymentEnd(row) {
  if (row.state === "DONE") return ["check", "ok", "done"];
  return row.state === "REJECTED" ? ["x", "bad", "rejected"] : ["clock", "warn", "unknown"];
}

function drawRepayment(place, row, seenAt, still) {
  const [mark, kind, name] = repaymentEnd(row);
  const reason = name === "rejected" && said(row.reason) ? said(row.reason) + " " : "";
  place.show({
    title: t("title.repayment"), still, action: button(t("title.home"), { class: "primary block" }, async () => go("/", true)).element,
    body: [place.staleNote(seenAt),
      outcomeCard({ mark, kind, title: t("repayment." + name + ".title") }, amount(row.amountFen), h("p", { class: "soft" }, reason + t("repayment." + name + ".text"))),
      h("section", { class: "card" }, facts([[t("repayment.id"), mono(row.repaymentId)], [t("repayment.at"), moment(row.createdAt)]]))],
  });
}

async function repaymentView(place) {
  const params = { repaymentId: place.params.repayment };
  await watchedView(place, {
    title: t("title.repayment"), bones: "cc", op: "cards.repayment.get", params, open: (row) => CHECKING.includes(row.state), draw: (...shown) => drawRepayment(place, ...shown),
  });
}

function agreedScreen(place, card) {
  const end = new Attempt("cards.autopay.end");
  const press = button(t("autopay.end"), { class: "block" }, async () => {
    await end.send({ accountId: card.accountId });
    toast(t("autopay.ended"));
    redraw();
  });
  place.show({
    title: t("title.autopay"), action: press.element,
    body: [pageHead(t("autopay.is"), said(card.productName)),
      h("section", { class: "card" }, facts([[t("autopay.share"), t("autopay." + card.autopay.share)], [t("autopay.signed"), moment(card.autopay.signedAt)], [t("autopay.id"), mono(card.autopay.agreementId)]])), note("info", "info", t("autopay.text"))],
  });
}

function agreeScreen(place, card, payer) {
  const attempt = new Attempt("cards.autopay.prepare");
  const line = formLine();
  const choices = ["FULL", "MINIMUM"].map((value) => ({ value, label: t("autopay." + value), caption: t("autopay." + value + ".text") }));
  const share_ = choiceField({ label: t("autopay.share"), choices, value: "FULL" });
  const send = button(t("autopay.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    try {
      const about = { accountId: card.accountId, name: said(card.productName), share: share_.value() };
      await agreement.ask(attempt, { accountId: card.accountId }, { payerAccountId: payer.accountId, share: share_.value() }, about);
    } catch (error) {
      const trouble = troubleOf(error);
      line.say(sentence(trouble), trouble);
    }
  });
  place.show({
    title: t("title.autopay"), action: send.element,
    body: [pageHead(t("autopay.title"), said(card.productName)),
      form([share_.element, payerField(payer).element, line.element], send), note("tide", "shield", t("autopay.text"))],
  });
}

async function autopayView(place) {
  await place.load(t("title.autopay"), "add", () => payerAnd(place.params.account), ({ card, payer }) => {
    if (card.autopay) agreedScreen(place, card);
    else if (payer) agreeScreen(place, card, payer);
    else noPayer(place, t("title.autopay"));
  });
}
