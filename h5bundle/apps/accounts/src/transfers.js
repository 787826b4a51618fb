// Money out: to the bound card or to a payee, within what the counters leave; signed by the device.

const transfer = new Signing({
  kind: "transfer", what: "what.transfer", result: "/signed", list: "/transfers", listLabel: "title.transfers",
  rows: (about) => [[t("pay.to"), about.name], [t("fund.amount.row"), money(about.amountFen)]],
  order: (result) => (result.orderId ? "/transfer/" + result.orderId : null),
  find: async (pending) => {
    const { transfers } = await ask("accounts.transfer.list", { accountId: pending.about.accountId });
    const found = transfers.find((one) => one.operationId === pending.operationId);
    return found ? "/transfer/" + found.transferId : null;
  },
  again: (about) => "/pay/" + about.to, back: { label: "fund.home", path: () => "/" },
});

const PAY_FIELDS = { LIMIT_DAY: "yuan", LIMIT_YEAR: "yuan", INSUFFICIENT_FUNDS: "yuan", DEVICE_LIMIT: "yuan", REQUEST_INVALID: "yuan" };
const UNDER_WAY = ["CREATED", "UNKNOWN", "RETURNING"];
const TRANSFER_CHIPS = { DONE: "ok", FAILED: "bad", RETURNED: "info" };
const PAYEE_CHIPS = { CHECKING: "warn", UNKNOWN: "bad" };

function payeeTail(one) {
  return t("payee.tail", { name: one.name, tail: one.tail });
}

async function payees() {
  return (await look("accounts.payee.list")).data.payees;
}

async function outView(place) {
  await loadChosen(place, t("title.out"), "add", payees, ({ account, seenAt, more }) => {
    if (standsStill(place, t("title.out"), account)) return;
    const row = (one) => openRow({ mark: "user", title: one.name, caption: h("div", { class: "cap num" }, t("entry.tail", { tail: one.tail })),
      value: one.state === "KNOWN" ? null : chip(t("payee." + one.state), PAYEE_CHIPS[one.state]), open: () => go("/pay/" + one.payeeId) });
    const list = more.length ? h("section", { class: "card" }, h("h2", null, t("out.payees")), h("ul", { class: "list" }, more.map(row))) : emptyCard({ mark: "user", text: t("out.none") });
    place.show({
      title: t("title.out"), action: button(t("payee.add"), { class: "block", icon: "user" }, async () => go("/payee")).element,
      body: [pageHead(t("out.title")), place.staleNote(seenAt),
        listCard(openRow({ mark: "card", title: cardName(account), caption: h("div", { class: "cap" }, t(account.class === "II" ? "out.bound" : "home.card")), open: () => go("/pay/card") })), list],
    });
  });
}

async function payeeView(place) {
  const attempt = new Attempt("accounts.payee.add");
  const draft = await openDraft("payee");
  const line = formLine();
  const name = field({ label: t("payee.name"), maxlength: 60 });
  const number = field({ label: t("payee.number"), inputmode: "numeric", keep: digits(30), group: byFour, hint: t("payee.hint"), enterkeyhint: "done" });
  draft.bind({ name });
  const submit = button(t("payee.save"), { class: "primary block", submit: true }, async () => {
    if (!filled(line, { name, number })) return;
    try {
      const payee = await attempt.send(null, { name: name.value(), number: number.value() });
      await draft.drop();
      go("/pay/" + payee.payeeId, true);
    } catch (error) {
      placeTrouble(troubleOf(error), { NAME_INVALID: "name", PAYEE_UNKNOWN: "number", REQUEST_INVALID: "number" }, { name, number }, line.say);
    }
  });
  place.show({ title: t("payee.add"), action: submit.element, body: [pageHead(t("payee.title")), form([name.element, number.element, line.element], submit)] });
}

function removeButton(payee) {
  const attempt = new Attempt("accounts.payee.remove");
  return button(t("payee.remove"), { class: "ghost small" }, async () => {
    await attempt.send({ payeeId: payee.payeeId }, {});
    toast(t("payee.removed"));
    go("/out", true);
  }).element;
}

/** The counters that a transfer fills. */
function countersOf(account, bound, limits) {
  const counter = account.class === "III" ? "out" : bound ? "" : "unbound_out";
  return limits.limits.filter((one) => one.counter === counter);
}

function payProblem(account, counters) {
  return (fen) => {
    if (fen === 0) return t("money.bad");
    if (fen > account.availableFen) return t("pay.short", { amount: plainMoney(account.availableFen) });
    const full = counters.find((one) => fen > one.mostFen - one.usedFen);
    return full ? t("pay.over." + full.period, { amount: plainMoney(full.mostFen - full.usedFen) }) : null;
  };
}

function payForm(place, account, to, counters, seenAt) {
  const attempt = to.payeeId ? new Attempt("accounts.transfer.out") : new Attempt("accounts.transfer.bound");
  const line = formLine();
  const available = t("pay.available", { amount: plainMoney(account.availableFen) });
  const yuan = moneyField({ label: t("pay.amount"), hint: counters.length ? available : available + t("pay.free"), problem: payProblem(account, counters), all: to.payeeId ? null : { fen: account.availableFen, label: t("pay.all") } });
  const submit = button(t("pay.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    const amountFen = yuan.check();
    if (amountFen === null) return;
    try {
      const body = { amountFen, ...(to.payeeId ? { payeeId: to.payeeId } : {}) };
      await transfer.ask(attempt, { accountId: account.accountId }, body, { accountId: account.accountId, to: to.payeeId || "card", name: to.label, amountFen });
    } catch (error) {
      placeTrouble(troubleOf(error), PAY_FIELDS, { yuan }, line.say);
    }
  });
  place.show({
    title: t("title.out"), action: submit.element,
    body: [pageHead(t("pay.title")), place.staleNote(seenAt),
      form([yuan.element, knownField(t("pay.to"), to.label).element, knownField(t("fund.from.account"), accountName(account)).element, line.element], submit),
      counters.length ? limitsCard(counters) : null, to.payeeId ? h("div", null, removeButton(to)) : null],
  });
}

async function payView(place) {
  const to = place.params.to;
  const more = async (account) => {
    const [limits, all] = await Promise.all([look("accounts.limits", { accountId: account.accountId }), to === "card" ? [] : payees()]);
    return { limits: limits.data, payee: all.find((one) => one.payeeId === to) };
  };
  await loadChosen(place, t("title.out"), "add", more, ({ account, seenAt, more: { limits, payee } }) => {
    if (standsStill(place, t("title.out"), account)) return;
    if (to !== "card" && !payee) go("/out", true);
    else if (payee && payee.state === "UNKNOWN") place.show({ title: t("title.out"), body: state({ mark: "x", kind: "bad", title: t("payee.unknown.title"), text: t("payee.unknown.text", { who: payeeTail(payee) }), actions: removeButton(payee) }) });
    else payForm(place, account, payee ? { ...payee, label: payeeTail(payee) } : { label: cardName(account) }, countersOf(account, !payee, limits), seenAt);
  });
}

function transferStops(one) {
  const sent = { title: t("transfer.signed"), caption: moment(one.placedAt), state: "done" };
  if (one.state === "FAILED") return [sent, { title: t("transfer.none"), state: "bad" }];
  const done = !["CREATED", "UNKNOWN"].includes(one.state);
  const out = { title: t(done ? "transfer.done" : "transfer.doing"), caption: done && one.settledAt && one.state === "DONE" ? moment(one.settledAt) : null, state: done ? "done" : "now" };
  if (one.state === "RETURNING") return [sent, out, { title: t("transfer.returning"), state: "now" }];
  return one.state === "RETURNED" ? [sent, out, { title: t("transfer.returned"), caption: one.settledAt ? moment(one.settledAt) : null, state: "done" }] : [sent, out];
}

function transferTo(one, account) {
  return one.to === "bound" && account ? cardName(account) : t("payee.tail", { name: one.payeeName, tail: one.payeeTail });
}

function drawTransfer(place, one, account, seenAt, still) {
  const [mark, kind] = { DONE: ["check", "ok"], FAILED: ["x", "bad"], RETURNED: ["undo", "info"] }[one.state] || ["clock", "warn"];
  const words = ["CREATED", "UNKNOWN"].includes(one.state) ? "checking" : one.state;
  const lines = [one.state === "FAILED" && said(one.reason), t("transfer." + words + ".text")].filter(Boolean);
  place.show({
    title: t("title.transfer"), still, action: h("div", { class: "pair" }, button(t("title.transfers"), {}, async () => go("/transfers", true)).element, homeButton("primary").element),
    body: [place.staleNote(seenAt),
      outcomeCard({ mark, kind, title: t("transfer." + words + ".title") }, amount(one.amountFen), h("p", null, t("transfer.to", { who: transferTo(one, account) })), lines.map((line) => h("p", { class: "soft" }, line))),
      h("section", { class: "card" }, tracker(transferStops(one))), proofCard([[t("transfer.id"), mono(one.transferId)], [t("transfer.operation"), mono(one.operationId)]])],
  });
}

async function transferView(place) {
  const params = { transferId: place.params.transfer };
  const obtain = async () => {
    const [one, list] = await Promise.all([look("accounts.transfer.get", params), look("accounts.list")]);
    return { one: one.data, seenAt: one.seenAt, account: list.data.accounts.find((each) => each.accountId === one.data.accountId) };
  };
  await place.load(t("title.transfer"), "cc", obtain, ({ one, account, seenAt }) => {
    drawTransfer(place, one, account, seenAt);
    if (seenAt) return;
    watch(place, { now: one, open: (now) => UNDER_WAY.includes(now.state), obtain: () => ask("accounts.transfer.get", params), draw: (now) => drawTransfer(place, now, account, null, true) });
  });
}

async function transfersView(place) {
  const more = async (account) => (await look("accounts.transfer.list", { accountId: account.accountId })).data.transfers;
  await loadChosen(place, t("title.transfers"), "dddd", more, ({ account, seenAt, more: list }) => {
    const row = (one) => openRow({ mark: one.to === "bound" ? "card" : "user", title: transferTo(one, account), caption: h("div", { class: "cap num" }, moment(one.placedAt)), open: () => go("/transfer/" + one.transferId),
      value: [h("b", null, secret(plainMoney(one.amountFen))), h("div", null, chip(t("transfer." + one.state), TRANSFER_CHIPS[one.state] || "warn"))] });
    place.show({
      title: t("title.transfers"), action: account.state === "OPEN" ? button(t("home.out"), { class: "primary block" }, async () => go("/out")).element : null,
      body: [h("h1", { class: "hide" }, t("title.transfers")), place.staleNote(seenAt), list.length ? listCard(list.map(row)) : emptyCard({ mark: "release", text: t("transfers.none") })],
    });
  });
}
