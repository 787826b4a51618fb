// What came and went: by month and direction, page by page, and as a file to keep.

const sieve = { month: null, way: "all" };
const YEARS_SHOWN = 60;

/** The other side of a movement: four digits are the tail of a number. */
function otherSide(text) {
  return /^\d{4}$/.test(text) ? t("entry.tail", { tail: text }) : said(text);
}

function entryRow(entry) {
  const incoming = entry.amountFen > 0;
  return h("li", { class: "item" }, h("span", { class: "tile plain" }, icon(incoming ? "download" : "release")),
    h("span", { class: "grow" }, h("b", null, said(entry.memo) || t(incoming ? "entry.in" : "entry.out")), h("div", { class: "cap num" }, moment(entry.at))),
    h("span", { class: "value num " + (incoming ? "up" : "down") }, h("b", null, secret(signedMoney(entry.amountFen))), entry.counterparty ? h("div", { class: "cap" }, otherSide(entry.counterparty)) : null));
}

function sieveHead(place, account, month, now) {
  const first = account.openedAt ? monthOf(account.openedAt) : monthBy(now, -YEARS_SHOWN);
  const turn = (change) => { Object.assign(sieve, change); redraw(); };
  const leaf = (next) => (place.params.month ? go("/entries/" + next, true) : turn({ month: next }));
  return h("section", { class: "card" }, monthField({ value: month, from: first, to: now, changed: leaf }),
    segments({ label: t("entries.way"), value: sieve.way, choices: ["all", "in", "out"].map((value) => ({ value, label: t("entries." + value) })), changed: (way) => turn({ way }) }));
}

/** The month as a file; its days are those that are shown. */
function statementButton(account, month) {
  const { from: since, to: until } = monthDays(month);
  const params = { accountId: account.accountId, since, until };
  return exportButton({ label: t("entries.export"), obtain: async (kind) => {
    const { file } = await (kind === "pdf" ? ask("accounts.statement.pdf", params) : ask("accounts.statement.csv", params));
    return { name: t("entries.file", { tail: account.number, month }), kind, content: file.content };
  } });
}

/** The month that the address names, or null; one that is none is not asked for. */
function monthAsked(place) {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(place.params.month || "") ? place.params.month : null;
}

async function entriesView(place) {
  const found = await quietly(chosenAccount());
  if (found && !found.account) {
    go("/", true);
    return;
  }
  if (!found) {
    await place.load(t("title.entries"), "dddd", chosenAccount, () => entriesView(place));
    return;
  }
  const { account } = found;
  const now = monthNow();
  const month = monthAsked(place) || sieve.month || now;
  const { from: since, to: until } = monthDays(month);
  const empty = emptyCard({ mark: "list", text: t("entries.none." + sieve.way, { month: monthText(month) }) });
  await pagedView(place, {
    title: t("title.entries"), op: "accounts.entries", params: { accountId: account.accountId, since, until, direction: sieve.way },
    items: (answer) => answer.entries, row: entryRow, next: (answer) => answer.next, empty,
    head: () => [sieveHead(place, account, month, now), h("div", { class: "row between" }, h("span", { class: "cap num" }, accountName(account)), statementButton(account, month))],
  });
}
