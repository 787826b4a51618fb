// The account: the balance first, what it may do, then what came and went.

const RECENT = 4;

function balanceSection(account) {
  return h("section", { class: "hero" }, tideLines(), h("div", { class: "over" }, hiddenAmount({ label: t("home.balance"), fen: account.balanceFen, xl: true }),
    h("p", { class: "cap num" }, secret(t("home.available", { amount: plainMoney(account.availableFen) })))),
  h("div", { class: "over row between wrap" }, h("span", { class: "num" }, accountName(account)),
    account.state === "OPEN" ? null : chip(stateWord(account.state), account.state === "FROZEN" ? "bad" : "warn")));
}

function accountTabs(all, account) {
  if (all.length < 2) return null;
  return segments({ label: t("home.which"), value: account.accountId, choices: all.map((one) => ({ value: one.accountId, label: accountName(one) })),
    changed: (id) => { chosen.id = id; redraw(); } });
}

function waysCard(account) {
  const way = (mark, word, open) => openRow({ mark, title: t(word), open });
  return listCard(way("list", "title.months", () => go("/months")), way("release", "title.transfers", () => go("/transfers")), way("shield", "title.limits", () => go("/limits")),
    way("account", "title.manage", () => go("/manage")), account.class === "II" ? way("wealth", "home.wealth", () => openBundle("wealth")) : null);
}

function entriesCard(entries) {
  if (!entries.length) return emptyCard({ mark: "list", text: t("home.entries.none") });
  return h("section", { class: "card" }, h("h2", null, t("home.entries")), h("ul", { class: "list" }, entries.slice(0, RECENT).map(entryRow),
    openRow({ title: t("home.entries.all"), open: () => go("/entries") })));
}

function homeActions(account) {
  if (account.state === "OPEN") {
    return h("div", { class: "pair" }, button(t("home.out"), {}, async () => go("/out")).element, button(t("home.fund"), { class: "primary" }, async () => go("/fund")).element);
  }
  return account.state === "DORMANT" ? wakeButton(account) : null;
}

/** The shell verifies the person before the bank wakes the account. */
function wakeButton(account) {
  const attempt = new Attempt("accounts.wake");
  return button(t("wake"), { class: "primary block", icon: "key" }, async () => {
    await attempt.send({ accountId: account.accountId }, {});
    toast(t("wake.done"));
    redraw();
  }).element;
}

async function waitingNotes() {
  const funding = await keptFunding();
  const open = button(t("fund.ask"), { class: "ghost small" }, async () => go("/fund"));
  return [funding ? note("warn", "clock", t("fund.waiting"), open.element) : null,
    ...(await Promise.all(SIGNED.map((one) => one.waitingNote())))];
}

async function homeView(place) {
  protect(false);
  const obtain = async () => {
    const found = await chosenAccount();
    const entries = found.account ? await look("accounts.entries", { accountId: found.account.accountId, limit: String(RECENT) }) : { data: { entries: [] } };
    return { ...found, entries: entries.data.entries, waiting: await waitingNotes() };
  };
  await place.load(t("title.home"), "cdb", obtain, ({ account, all, seenAt, entries, waiting }) => {
    if (!account) {
      openingView(place, false);
      return;
    }
    place.show({
      title: classWord(account), action: homeActions(account),
      body: [h("h1", { class: "hide" }, classWord(account)), place.staleNote(seenAt), accountTabs(all, account), waiting, stillNote(account), balanceSection(account), waysCard(account), entriesCard(entries)],
    });
  });
}
