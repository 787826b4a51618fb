// The account itself: its limits, another bound card, a class III account beside it, closing. What changes it is signed.

/** One of the customer's accounts, whatever its state, as the bank sees it now; undefined when there is none of that id. */
async function accountNow(accountId) {
  return (await ask("accounts.list")).accounts.find((one) => one.accountId === accountId);
}

const cardChange = new Signing({
  kind: "card", what: "what.card", result: "/card/signed", list: "/manage", listLabel: "title.manage",
  rows: (about) => [[t("card.old"), about.old], [t("card.new"), about.fresh]],
  order: (result) => (result.orderId ? "/card/done/" + result.orderId : null),
  find: async (pending) => {
    const account = await accountNow(pending.about.accountId);
    return account && account.boundCard.tail === pending.about.tail ? "/card/done" : null;
  },
  again: () => "/card", back: { label: "fund.home", path: () => "/" },
});

const closing = new Signing({
  kind: "close", what: "what.close", result: "/close/signed", list: "/manage", listLabel: "title.manage",
  rows: (about) => [[t("close.account"), about.name]],
  order: (result) => (result.orderId && chosen.id ? "/closed/" + chosen.id : null),
  find: async (pending) => {
    const account = await accountNow(pending.about.accountId);
    return account && account.state === "OPEN" ? null : "/closed/" + pending.about.accountId;
  },
  again: () => "/close", back: { label: "fund.home", path: () => "/" },
});

const SIGNED = [transfer, cardChange, closing];

function limitRow(one) {
  const places = { used: plainMoney(one.usedFen), most: wholeMoney(one.mostFen), left: plainMoney(Math.max(0, one.mostFen - one.usedFen)) };
  const name = t("limit." + one.counter) + " · " + t("limit." + one.period);
  return h("div", { class: "field" }, h("div", { class: "row between wrap" }, h("b", null, name), h("span", { class: "num" }, t("limit.left", places))), gauge(share(one.usedFen, one.mostFen), name + " " + t("limit.used", places)),
    h("div", { class: "hint num" }, t("limit.used", places)));
}

function limitsCard(limits) {
  return h("section", { class: "card form" }, limits.map(limitRow));
}

async function limitsView(place) {
  const more = async (account) => (await look("accounts.limits", { accountId: account.accountId })).data;
  await loadChosen(place, t("title.limits"), "cc", more, ({ account, seenAt, more: limits }) => {
    const most = limits.mostBalanceFen ? { counter: "balance", period: "any", usedFen: account.balanceFen, mostFen: limits.mostBalanceFen } : null;
    place.show({
      title: t("title.limits"), body: [pageHead(accountName(account), t("limits.text." + account.class)), place.staleNote(seenAt),
        limitsCard([most, ...limits.limits].filter(Boolean)), note("info", "info", t("limits.note"))],
    });
  });
}

async function manageView(place) {
  await loadChosen(place, t("title.manage"), "ccd", async () => null, ({ account, all, seenAt }) => {
    const row = (mark, title, caption, open) => openRow({ mark, title: t(title), caption: h("div", { class: "cap" }, t(caption)), open });
    const rows = account.state === "OPEN" ? [row("card", "title.card", "manage.card", () => go("/card")),
      all.some((one) => one.class === "III") ? null : row("account", "manage.three", "manage.three.text", () => go("/open/III")), row("x", "title.close", "manage.close", () => go("/close"))] : [];
    place.show({
      title: t("title.manage"), body: [h("h1", { class: "hide" }, t("title.manage")), place.staleNote(seenAt), stillNote(account),
        h("section", { class: "card" }, facts([[t("home.what"), accountName(account)], [t("home.state"), stateWord(account.state)], [t("home.card"), cardName(account)], account.openedAt ? [t("home.opened"), fullDay(account.openedAt)] : null])),
        rows.length ? listCard(rows) : null],
    });
  });
}

function cardForm(place, account, seenAt) {
  const check = new Attempt("accounts.card.check");
  const change = new Attempt("accounts.card.change");
  const line = formLine();
  const card = field({ label: t("card.new"), inputmode: "numeric", autocomplete: "cc-number", keep: digits(20), group: byFour, hint: t("card.change.hint"), enterkeyhint: "done" });
  const submit = button(t("card.change.send"), { class: "primary block", submit: true }, async () => {
    if (!filled(line, { card })) return;
    const params = { accountId: account.accountId };
    try {
      const found = await check.send(params, { cardNumber: card.value() });
      const fresh = t("home.card.value", { bank: bankOf(found), tail: found.tail });
      await cardChange.ask(change, params, { changeId: found.changeId }, { accountId: account.accountId, old: cardName(account), fresh, tail: found.tail });
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.code === "CARD_CHANGE_EXPIRED") check.renew();
      placeTrouble(trouble, { CARD_LUHN: "card", BIND_NOT_CLASS_I: "card", BIND_MISMATCH: "card", REQUEST_INVALID: "card" }, { card }, line.say);
    }
  });
  place.show({
    title: t("title.card"), action: submit.element,
    body: [pageHead(t("card.change.title"), t("card.change.text")), place.staleNote(seenAt),
      form([knownField(t("card.old"), cardName(account)).element, card.element, line.element], submit), note("info", "lock", t("card.change.note"))],
  });
}

async function cardView(place) {
  protect(true);
  await loadChosen(place, t("title.card"), "add", async () => null, ({ account, seenAt }) => { if (!standsStill(place, t("title.card"), account)) cardForm(place, account, seenAt); });
}

async function cardDoneView(place) {
  protect(false);
  await loadChosen(place, t("title.card"), "b", async () => null, ({ account }) => place.show({
    title: t("title.card"), action: homeButton().element,
    body: [state({ mark: "check", kind: "ok", title: t("card.done.title"), text: t("card.done.text", { card: cardName(account) }) }), place.params.order ? proofCard([[t("card.done.order"), mono(place.params.order)]]) : null],
  }));
}

async function closeView(place) {
  await loadChosen(place, t("title.close"), "ad", async () => null, ({ account, seenAt }) => {
    if (standsStill(place, t("title.close"), account)) return;
    chosen.id = account.accountId;
    const attempt = new Attempt("accounts.close");
    const line = formLine();
    const left = account.balanceFen > 0;
    const out = left ? button(t("close.out"), { class: "small" }, async () => go("/pay/card")).element : null;
    const send = button(t("close.send"), { class: "primary block" }, async () => {
      line.clear();
      try {
        await closing.ask(attempt, { accountId: account.accountId }, {}, { accountId: account.accountId, name: accountName(account) });
      } catch (error) {
        const trouble = troubleOf(error);
        line.say(hasWord("close.holds." + trouble.extra.holds) ? t("close.holds." + trouble.extra.holds) : sentence(trouble), trouble);
      }
    });
    place.show({
      title: t("title.close"), action: left ? null : send.element,
      body: [pageHead(t("close.title", { name: accountName(account) }), t("close.text")), place.staleNote(seenAt),
        h("section", { class: "card" }, tracker([
          { title: t(left ? "close.money" : "close.money.none"), caption: left ? money(account.balanceFen) : null, state: left ? "now" : "done", action: out },
          { title: t("close.products"), caption: t("close.products.text"), state: left ? "next" : "now" }, { title: t("close.sign"), state: "next" }])), line.element],
    });
  });
}

function drawClosed(place, account, still) {
  const name = account.state === "CLOSED" ? "done" : account.state === "OPEN" ? "not" : "doing";
  const [mark, kind] = { done: ["check", "ok"], not: ["x", "bad"], doing: ["clock", "warn"] }[name];
  place.show({ title: t("title.close"), still, body: state({ mark, kind, title: t("close." + name + ".title"), text: t("close." + name + ".text") }), action: homeButton().element });
}

async function closedView(place) {
  const obtain = async () => (await accountNow(place.params.account)) || { state: "CLOSED" };
  await place.load(t("title.close"), "b", obtain, (account) => {
    drawClosed(place, account);
    watch(place, { now: account, open: (one) => one.state === "CLOSING", obtain, draw: (one) => drawClosed(place, one, true) });
  });
}
