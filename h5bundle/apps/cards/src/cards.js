// One card: activating it with the contract, its line and bill, freezing, loss and replacement.

const activation = new Signing({
  kind: "activation", what: "what.activation", result: "/activated", list: "/", listLabel: "title.home",
  rows: (about) => [[t("end.card"), about.name]],
  order: (result) => (result.cardId ? "/card/" + result.cardId : null),
  find: async (pending) => {
    const card = await ask("cards.get", { cardId: pending.about.cardId });
    return card.state === "MAILED" ? null : "/card/" + card.cardId;
  },
  again: (about) => "/activate/" + about.cardId,
});

function contractRow(form_) {
  const text = form_.texts.find((one) => one.kind === "terms");
  return listCard(openRow({ mark: "list", title: said(text.title), caption: h("span", { class: "cap line" }, text.version), open: () => textSheet(text) }));
}

async function activateView(place) {
  const params = { cardId: place.params.card };
  const obtain = async () => ({ card: await ask("cards.get", params), form_: await ask("cards.form") });
  await place.load(t("title.activate"), "add", obtain, ({ card, form_ }) => {
    if (card.state !== "MAILED") {
      go("/card/" + card.cardId, true);
      return;
    }
    const line = formLine();
    const attempt = new Attempt("cards.contract.prepare");
    const hint = card.sandboxLetter ? t("activate.sandbox", { tail: card.sandboxLetter }) : t("activate.hint");
    const four = field({ label: t("activate.four"), hint, inputmode: "numeric", keep: digits(4), maxlength: 4, enterkeyhint: "done" });
    const send = button(t("activate.send"), { class: "primary block", submit: true }, async () => {
      line.clear();
      if (four.value().length < 4) {
        four.error(t("activate.short"));
        four.focus();
        return;
      }
      try {
        await activation.ask(attempt, params, { lastFour: four.value() }, { cardId: card.cardId, name: said(card.productName) });
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble.extra.left !== undefined) four.error(t("activate.wrong", { left: trouble.extra.left }));
        else placeTrouble(trouble, { CARD_LOCKED: "four" }, { four }, line.say);
      }
    });
    place.show({
      title: t("title.activate"), action: send.element,
      body: [pageHead(t("activate.title"), said(card.productName)),
        form([four.element, line.element], send), contractRow(form_), note("tide", "shield", t("activate.note")), lostRow(card, "activate.lost")],
    });
  });
}

function lostRow(card, words) {
  return listCard(openRow({ mark: "alert", title: t(words), open: () => go("/lost/" + card.cardId) }));
}

/** What is owed of the newest bill, and until when. */
function billCard(account) {
  const bill = account.bill;
  if (!bill) return h("section", { class: "card" }, h("h2", null, t("bill.newest")), h("p", { class: "soft" }, t("bill.none", { date: day(account.nextClose) })));
  const paid = bill.leftFen === 0;
  const until = account.overdueSince ? chip(t("bill.overdue"), "bad") : chip(paid ? t("bill.paid") : t("bill.due", { date: day(bill.dueOn) }), paid ? "ok" : "warn");
  return h("section", { class: "card" }, h("div", { class: "row between wrap" }, h("h2", null, t("bill.newest")), until), amount(bill.leftFen, { secret: true }),
    sideFacts([[t("bill.minimum"), secretMoney(bill.minimumLeftFen)], [t("bill.dueOn"), day(bill.dueOn)], [t("bill.closed"), day(bill.closedOn)]]),
    button(t("bill.open"), { class: "small ghost" }, async () => go("/bill/" + account.accountId + "/" + bill.cycle)).element);
}

/** The line as a tide: what is free is water. */
function lineCard(account) {
  const places = { free: money(account.availableFen), line: money(account.lineFen) };
  return h("section", { class: "card" }, hiddenAmount({ label: t("line.free"), fen: account.availableFen, xl: true }),
    gauge(share(account.availableFen, account.lineFen), secret(t("line.label", places))),
    sideFacts([[t("line.line"), secretMoney(account.lineFen)], [t("line.owed"), secretMoney(account.owedFen)], [t("line.held"), secretMoney(account.heldFen)]]));
}

function changeButton(card, attempt, mark, words, done) {
  return button(t(words), { class: "block", icon: mark }, async () => {
    await attempt.send({ cardId: card.cardId });
    toast(t(done));
    redraw();
  }).element;
}

function cardActions(card) {
  if (card.state !== "ACTIVATED" && card.state !== "FROZEN") return null;
  const change = card.state === "ACTIVATED" ? changeButton(card, new Attempt("cards.freeze"), "lock", "card.freeze", "card.frozen")
    : changeButton(card, new Attempt("cards.unfreeze"), "release", "card.unfreeze", "card.unfrozen");
  return [change, button(t("card.lost"), { class: "block" }, async () => go("/lost/" + card.cardId)).element];
}

/** The contract that was signed: its number names its evidence. */
function contractFacts(card) {
  return card.contractId ? h("section", { class: "card" }, facts([[t("card.contract"), mono(card.contractId)], [t("card.signed"), moment(card.activatedAt)]])) : null;
}

function drawCard(place, { card, account, seenAt, waiting }, still) {
  if (still) toast(t("card.moved", { state: t("state." + card.state) }));
  const live = account.state === "ACTIVATED";
  const rows = [openRow({ mark: "list", title: t("entries.open"), caption: h("span", { class: "cap num line" }, t("entries.unbilled", { amount: money(account.unbilledFen) })), open: () => go("/entries/" + account.accountId) }),
    openRow({ mark: "list", title: t("bills.open"), open: () => go("/bills/" + account.accountId) }),
    openRow({ mark: "refresh", title: t("autopay.open"), value: chip(t(account.autopay ? "autopay.on" : "autopay.off"), account.autopay ? "ok" : ""), open: () => go("/autopay/" + account.accountId) })];
  place.show({
    title: t("title.card"), still,
    action: live && account.mostRepayFen > 0 ? button(t("card.repay"), { class: "primary block" }, async () => go("/repay/" + account.accountId)).element : null,
    body: [h("div", { class: "head" }, h("h1", { class: "name" }, said(card.productName)), h("div", { class: "row wrap" }, chip(said(card.level), "tide"), card.tail ? h("span", { class: "soft num" }, t("card.tail", { tail: card.tail })) : null, stateChip(card.state))),
      place.staleNote(seenAt), waiting, card.state === "LOST" || card.state === "UNMADE" || card.state === "EXPIRED" ? replaceCard(card) : null,
      lineCard(account), live ? billCard(account) : null, listCard(rows), contractFacts(card), cardActions(card)],
  });
}

async function cardView(place) {
  const obtain = async () => {
    const card = await look("cards.get", { cardId: place.params.card });
    const account = await look("cards.account.get", { accountId: card.data.accountId });
    return { card: card.data, account: account.data, state: card.data.state, seenAt: card.seenAt || account.seenAt, waiting: await repayment.waitingNote() };
  };
  await place.load(t("title.card"), "bcc", obtain, (answer) => {
    drawCard(place, answer, false);
    watch(place, { now: answer, open: isMoving, every: SPARING_MILLISECONDS, obtain, draw: (next) => drawCard(place, next, true) });
  });
}

function replaceCard(card) {
  const attempt = new Attempt("cards.replace");
  return h("section", { class: "card" }, h("p", null, t("replace.text")), h("div", { class: "gap" }), button(t("replace.send"), { class: "block" }, async () => {
    const { cardId } = await attempt.send({ cardId: card.cardId });
    toast(t("replace.done"));
    go("/card/" + cardId, true);
  }).element);
}

async function lostView(place) {
  const params = { cardId: place.params.card };
  await place.load(t("title.lost"), "ac", () => ask("cards.get", params), (card) => {
    const attempt = new Attempt("cards.report_lost");
    const line = formLine();
    const send = button(t("lost.send"), { class: "primary block" }, async () => {
      try {
        await attempt.send(params);
        go("/card/" + card.cardId, true);
      } catch (error) {
        const trouble = troubleOf(error);
        line.say(sentence(trouble), trouble);
      }
    });
    place.show({ title: t("title.lost"), action: send.element, body: [h("div", { class: "head" }, h("h1", null, t("lost.title")), h("p", null, said(card.productName))), note("warn", "alert", t("lost.text")), line.element] });
  });
}
