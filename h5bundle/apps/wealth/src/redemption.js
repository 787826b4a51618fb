// Redeeming: some shares or all, what they are worth by the newest net value, when the money arrives, and the bank's slip.

const SHARES_OF = { SHARES_GONE: "shares", SHARES_INVALID: "shares", REQUEST_INVALID: "shares", ACCOUNT_FROZEN: "account" };

const redemption = new Signing({
  kind: "redemption", what: "what.redemption", result: "/redeemed", list: "/orders", listLabel: "title.orders",
  rows: (about) => [[t("end.name"), about.name], [t("redeem.shares"), about.shares]],
  order: (result) => (result.orderId ? "/redemption/" + result.orderId : null),
  find: findOrder,
  again: (about) => "/redeem/" + about.code,
  back: { label: "title.holdings", path: () => "/holdings" },
});

/** Shares of a holding by the account that paid for them: [{account, free}], those that can be redeemed alone. */
function freeByAccount(holding, accounts) {
  return accounts.map((account) => ({ account, free: holding.lots.filter((lot) => lot.accountId === account.accountId).reduce((sum, lot) => sum + sharesOf(lot.redeemable), 0) }))
    .filter((one) => one.free > 0);
}

/** A field of shares with two decimals: {free, least} in hundredths; `check()` gives hundredths, or null after it said why. */
function sharesField({ free, least, changed }) {
  const all = h("button", { type: "button", class: "btn ghost small", onclick: () => { one.set(plainMoney(free())); one.error(""); changed(); one.focus(); } }, t("redeem.all"));
  const one = field({ label: t("redeem.shares"), inputmode: "decimal", maxlength: 18, keep: (text) => text.replace(/[^\d.]/g, ""), enterkeyhint: "done", after: all });
  one.input.addEventListener("input", changed);
  const check = () => {
    const shares = parseYuan(one.value());
    const wrong = !shares ? "redeem.bad" : shares > free() ? "redeem.most" : shares < least && shares !== free() ? "redeem.least" : null;
    if (!wrong) return shares;
    one.error(t(wrong, { shares: plainMoney(free()), least: plainMoney(least) }));
    one.focus();
    return null;
  };
  return { ...one, check };
}

/** What shares are worth by a net value, rounded down. */
function worthOf(shares, nav) {
  return Math.floor(shares * Number(nav) + 1e-6);
}

async function sendRedemption(attempt, holding, chosen, shares, fields) {
  try {
    const body = { product: holding.product, accountId: chosen.account.accountId, shares: (shares / 100).toFixed(2) };
    await redemption.ask(attempt, null, body, { code: holding.product, name: said(holding.productName), shares: plainMoney(shares) });
  } catch (error) {
    placeTrouble(troubleOf(error), SHARES_OF, fields, fields.line.say);
  }
}

/** Where the money goes: the account that paid; a choice when there are several. */
function payeeField(options, changed) {
  const label = (account) => t("redeem.account", { class: account.class === "III" ? "Ⅲ" : "Ⅱ", tail: account.number });
  if (options.length === 1) return { ...knownField(t("redeem.to"), label(options[0].account)), chosen: () => options[0] };
  const choices = options.map(({ account, free }) => ({ value: account.accountId, label: label(account), caption: t("redeem.free", { shares: plainMoney(free) }) }));
  const choice = choiceField({ label: t("redeem.to"), choices, value: choices[0].value, changed });
  return { ...choice, chosen: () => options.find((one) => one.account.accountId === choice.value()) };
}

function redeemForm(place, holding, dates, options) {
  const attempt = new Attempt("wealth.redeem.prepare");
  const line = formLine();
  const least = sharesOf(dates.minimumShares);
  const about = h("p", { class: "hint num", "aria-live": "polite" });
  const changed = () => {
    const shares = parseYuan(shown.value());
    const known = shares && holding.nav;
    refill(about, known ? t("redeem.worth", { nav: holding.nav, amount: plainMoney(worthOf(shares, holding.nav)) }) : t("redeem.range", { shares: plainMoney(account.chosen().free), least: plainMoney(least) }));
  };
  const account = payeeField(options, () => changed());
  const shown = sharesField({ free: () => account.chosen().free, least, changed: () => changed() });
  const submit = button(t("redeem.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    const shares = shown.check();
    if (shares !== null) await sendRedemption(attempt, holding, account.chosen(), shares, { shares: shown, account, line });
  });
  changed();
  place.show({
    title: t("redeem"), action: submit.element,
    body: [pageHead(t("redeem.title"), said(holding.productName)),
      form([h("div", null, shown.element, about), account.element, line.element], submit),
      h("section", { class: "card" }, datePath([{ when: before(dates.before), what: t("redeem.ask"), done: true }, { when: day(dates.confirmDate), what: t("out.valued") }, { when: day(dates.payDate), what: t("out.paid") }])),
      note("tide", "shield", t("redeem.note", { date: day(dates.tradeDate) }))],
  });
}

function nothingToRedeem(place, text) {
  place.show({ title: t("redeem"), body: state({ mark: "wealth", title: t("redeem.none"), text, actions: button(t("title.holdings"), { class: "primary" }, async () => go("/holdings", true)).element }) });
}

async function redeemView(place) {
  const obtain = async () => ({ ...(await ask("wealth.holding.list")), accounts: (await ask("accounts.list")).accounts });
  await place.load(t("redeem"), "add", obtain, ({ holdings, redemption: dates, accounts }) => {
    const holding = holdings.find((one) => one.product === place.params.code);
    const options = holding ? freeByAccount(holding, accounts) : [];
    if (!holding) nothingToRedeem(place, t("holding.gone"));
    else if (!dates || !options.length) nothingToRedeem(place, heldBack(holding));
    else redeemForm(place, holding, dates, options);
  });
}
