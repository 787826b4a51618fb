// Which of the customer's accounts the pages speak of: the one chosen last, else the first; a closed one is none any more.

const chosen = { id: null };
const STILL = ["OPENING", "FROZEN", "DORMANT", "CLOSING"];

function openAccounts(list) {
  return list.filter((one) => one.state !== "CLOSED");
}

function chosenOf(list) {
  const all = openAccounts(list);
  return all.find((one) => one.accountId === chosen.id) || all[0] || null;
}

/** The chosen account, as {account, all, seenAt}; account is null while there is none. */
async function chosenAccount() {
  const { data, seenAt } = await look("accounts.list");
  return { account: chosenOf(data.accounts), all: openAccounts(data.accounts), seenAt };
}

/** Load a page about the chosen account with `more` beside it; without one the way leads to the front. */
function loadChosen(place, title, bones, more, draw) {
  const obtain = async () => {
    const found = await chosenAccount();
    return found.account ? { ...found, more: await more(found.account) } : found;
  };
  return place.load(title, bones, obtain, (found) => (found.account ? draw(found) : go("/", true)));
}

function classWord(account) {
  return t("class." + account.class);
}

function accountName(account) {
  return t("account.name", { what: classWord(account), tail: account.number });
}

function bankOf(card) {
  return said({ zh: card.bankZh, en: card.bankEn });
}

function cardName(account) {
  return t("home.card.value", { bank: bankOf(account.boundCard), tail: account.boundCard.tail });
}

function stateWord(state) {
  return hasWord("state." + state) ? t("state." + state) : state;
}

/** What an account that is not open asks of the customer, or null. */
function stillNote(account) {
  if (!STILL.includes(account.state)) return null;
  const [kind, mark] = { FROZEN: ["bad", "lock"], DORMANT: ["warn", "clock"] }[account.state] || ["info", "clock"];
  return note(kind, mark, t("still." + account.state));
}

/** Draw a page that only an open account has: another one says why it cannot and what to do. */
function standsStill(place, title, account) {
  if (account.state === "OPEN") return false;
  place.show({ title, body: state({ mark: account.state === "FROZEN" ? "lock" : "clock", kind: account.state === "FROZEN" ? "bad" : "warn", title: stateWord(account.state), text: t("still." + account.state) }), action: homeButton().element });
  return true;
}

function homeButton(kind = "primary block") {
  return button(t("fund.home"), { class: kind }, async () => go("/", true));
}
