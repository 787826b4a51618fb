// Moving money in from the bound card. What is asked for once is kept with its idempotency key until its end is known,
// over a reload as well, so that no retry can charge twice.

const FUNDING = "funding";

async function keptFunding() {
  try {
    return (await desk.bridge.store.get({ key: FUNDING })).value;
  } catch {
    return null;
  }
}

function keepFunding(attempt, accountId, amountFen) {
  return quietly(desk.bridge.store.set({ key: FUNDING, value: { key: attempt.key, print: attempt.print, accountId, amountFen } }));
}

function dropFunding() {
  return quietly(desk.bridge.store.remove({ key: FUNDING }));
}

function resumed(kept) {
  const attempt = new Attempt("accounts.fund");
  attempt.key = kept.key;
  attempt.print = kept.print;
  return attempt;
}

/** Send, and remember it until the answer is certain. */
async function sendFunding(attempt, account, amountFen) {
  attempt.prepare({ accountId: account.accountId }, { amountFen });
  await keepFunding(attempt, account.accountId, amountFen);
  try {
    const answer = await attempt.send({ accountId: account.accountId }, { amountFen });
    if (answer.state !== "UNKNOWN") await dropFunding();
    return answer;
  } catch (error) {
    if (error.kind === "refused") await dropFunding();
    throw error;
  }
}

function fundResult(place, account, attempt, answer) {
  const names = { DONE: "done", FAILED: "failed", UNKNOWN: "unknown" };
  const name = names[answer.state] || "unknown";
  const marks = { done: ["check", "ok"], failed: ["x", "bad"], unknown: ["clock", "warn"] };
  const line = formLine();
  const places = { amount: plainMoney(answer.amountFen), bank: bankOf(account.boundCard), tail: account.boundCard.tail, account: accountName(account) };
  const askAgain = button(t("fund.ask"), { class: "primary block", icon: "refresh" }, () => submitFunding(place, account, attempt, answer.amountFen, line));
  const home = homeButton(name === "unknown" ? "block" : "primary block");
  place.show({
    title: t("title.fund"),
    body: [state({ mark: marks[name][0], kind: marks[name][1], title: t("fund." + name + ".title", places), text: name === "failed" && said(answer.reason) ? [said(answer.reason), " ", t("fund.failed.text")] : t("fund." + name + ".text", places) }),
      h("section", { class: "card" }, facts([[t("fund.amount.row"), money(answer.amountFen)],
        [t("fund.from"), cardName(account)], answer.balanceFen === null || answer.balanceFen === undefined ? null : [t("fund.balance"), money(answer.balanceFen)]])), line.element],
    action: name === "unknown" ? [askAgain.element, home.element] : home.element,
  });
}

async function submitFunding(place, account, attempt, amountFen, line, fields) {
  line.clear();
  try {
    fundResult(place, account, attempt, await sendFunding(attempt, account, amountFen));
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble.kind === "refused" && fields) placeTrouble(trouble, { LIMIT_DAY: "yuan", LIMIT_YEAR: "yuan", LIMIT_BALANCE: "yuan", REQUEST_INVALID: "yuan" }, fields, line.say);
    else line.say(sentence(trouble, true), trouble);
  }
}

function fundForm(place, account) {
  const attempt = new Attempt("accounts.fund");
  const line = formLine();
  const yuan = moneyField({ label: t("fund.amount"), hint: t("fund.hint." + account.class) });
  const submit = button(t("fund.send"), { class: "primary block", submit: true }, async () => {
    line.clear();
    const amountFen = yuan.check();
    if (amountFen !== null) await submitFunding(place, account, attempt, amountFen, line, { yuan });
  });
  const fromCard = knownField(t("fund.from"), cardName(account));
  const toAccount = knownField(t("fund.to"), accountName(account));
  place.show({
    title: t("title.fund"), action: submit.element,
    body: [pageHead(t("fund.title")), form([yuan.element, fromCard.element, toAccount.element, line.element], submit)],
  });
}

async function fundView(place) {
  await loadChosen(place, t("title.fund"), "add", keptFunding, ({ account, all, more: kept }) => {
    const asked = kept && all.find((one) => one.accountId === kept.accountId);
    if (asked) fundResult(place, asked, resumed(kept), { state: "UNKNOWN", amountFen: kept.amountFen, balanceFen: null });
    else if (!standsStill(place, t("title.fund"), account)) fundForm(place, account);
  });
}
