// The account: the balance first, then the bound card, money in, and what came and went.

const RECENT = 5;

function balanceSection(account) {
  return h("section", { class: "hero" }, tideLines(), h("div", { class: "over" }, hiddenAmount({ label: t("home.balance"), fen: account.balanceFen, xl: true }),
    h("p", { class: "cap num" }, secret(t("home.available", { amount: plainMoney(account.availableFen) })))),
  h("div", { class: "over row between wrap" }, h("span", { class: "num" }, t("home.account", { tail: account.number })),
    account.state === "OPEN" ? null : chip(stateWord(account.state), "warn")));
}

/** The other side of a movement: four digits are the tail of a number. */
function otherSide(text) {
  return /^\d{4}$/.test(text) ? t("entry.tail", { tail: text }) : said(text);
}

function stateWord(state) {
  return hasWord("state." + state) ? t("state." + state) : state;
}

function entryRow(entry) {
  const incoming = entry.amountFen > 0;
  return h("li", { class: "item" }, h("span", { class: "tile plain" }, icon(incoming ? "download" : "release")),
    h("span", { class: "grow" }, h("b", null, said(entry.memo) || t(incoming ? "entry.in" : "entry.out")), h("div", { class: "cap num" }, moment(entry.at))),
    h("span", { class: "value num " + (incoming ? "up" : "down") }, h("b", null, signedMoney(entry.amountFen)), entry.counterparty ? h("div", { class: "cap" }, otherSide(entry.counterparty)) : null));
}

function entriesCard(entries) {
  if (!entries.length) return h("section", { class: "card" }, h("h2", null, t("home.entries")), h("p", { class: "cap" }, t("home.entries.none")));
  return h("section", { class: "card" }, h("h2", null, t("home.entries")), h("ul", { class: "list" }, entries.slice(0, RECENT).map(entryRow)),
    h("ul", { class: "list" }, openRow({ title: t("home.entries.all"), open: () => go("/entries") })));
}

function cardFacts(account) {
  return h("section", { class: "card" }, facts([
    [t("home.card"), t("home.card.value", { bank: bankOf(account.boundCard), tail: account.boundCard.tail })],
    [t("home.state"), stateWord(account.state)], account.openedAt ? [t("home.opened"), day(account.openedAt)] : null]));
}

/** The first account with its entries, as {account, entries, seenAt}. */
async function accountAndEntries() {
  const accounts = await look("accounts.list");
  const account = accounts.data.accounts[0];
  if (!account) return { account: null, entries: [], seenAt: accounts.seenAt };
  const entries = await look("accounts.entries", { accountId: account.accountId });
  return { account, entries: entries.data.entries, seenAt: accounts.seenAt || entries.seenAt };
}

async function waitingNote() {
  const waiting = await keptFunding();
  if (!waiting) return null;
  const open = button(t("fund.ask"), { class: "ghost small" }, async () => go("/fund"));
  return note("warn", "clock", t("fund.waiting"), open.element);
}

async function homeView(place) {
  protect(false);
  const obtain = async () => ({ ...(await accountAndEntries()), waiting: await waitingNote() });
  await place.load(t("title.home"), "cdb", obtain, ({ account, entries, seenAt, waiting }) => {
    if (!account) {
      openingView(place, false);
      return;
    }
    place.show({
      title: t("title.home"),
      body: [h("h1", { class: "hide" }, t("title.home")), place.staleNote(seenAt), waiting, balanceSection(account), cardFacts(account), entriesCard(entries)],
      action: h("div", { class: "pair" }, button(t("home.wealth"), { icon: "wealth" }, () => openBundle("wealth")).element,
        button(t("home.fund"), { class: "primary" }, async () => go("/fund")).element),
    });
  });
}

async function entriesView(place) {
  await place.load(t("title.entries"), "ddddd", accountAndEntries, ({ entries, seenAt }) => {
    const list = entries.length ? h("section", { class: "card flush" }, h("ul", { class: "list" }, entries.map(entryRow)))
      : state({ mark: "list", title: t("title.entries"), text: t("home.entries.none") });
    place.show({ title: t("title.entries"), body: [entries.length ? h("h1", { class: "hide" }, t("title.entries")) : null, place.staleNote(seenAt), list] });
  });
}
