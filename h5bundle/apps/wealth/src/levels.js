// What the pages of the sale share: levels (C1–C5) against risks (R1–R5), shares, incomes, dates, and where an order stands.

/** The risks a level may buy: R1, or R1–R3. */
function risksOf(level) {
  const most = Number(level.slice(1));
  return most > 1 ? "R1\u2060–\u2060R" + most : "R1";
}

function levelName(level) {
  return level ? t(level) : t("level.none");
}

/** The risk staff: five marks, n under water. */
function riskStaff(risk) {
  const level = Number(risk.slice(1));
  const name = t("r" + level);
  const marks = [1, 2, 3, 4, 5].map((mark) => h("u", { class: mark <= level ? "lit" : null }));
  return h("span", { class: "risk r" + level, role: "img", "aria-label": t("risk.label", { risk, name }) }, h("i", null, marks), risk + " " + name);
}

/** What the five levels may buy, in a sheet of the page. */
function levelsSheet() {
  const rows = [1, 2, 3, 4, 5].map((level) => h("li", { class: "item wrap" }, riskStaff("R" + level), h("span", { class: "grow" }, t("level.from", { level: t("C" + level) }))));
  pageSheet(t("level.about"), [h("p", { class: "soft" }, t("level.about.text")), h("ul", { class: "list" }, rows)]);
}

/** A decimal text of the bank ("19663.74") as the bank writes it, and as hundredths. */
function sharesText(text) {
  return plainMoney(sharesOf(text));
}

function sharesOf(text) {
  return parseYuan(text) || 0;
}

/** An income with its sign; up is red, down is green. */
function income(fen) {
  return h("span", { class: fen > 0 ? "up" : fen < 0 ? "down" : null }, signedMoney(fen));
}

/** The bank's slip may have ended without an answer: look for its order among the newest ones. */
async function findOrder(pending) {
  const { transactions } = await ask("wealth.transaction.list");
  const order = transactions.find((one) => one.operationId === pending.operationId);
  return order ? orderPath(order) : null;
}

function orderPath(order) {
  return (order.kind === "PURCHASE" ? "/order/" : "/redemption/") + order.orderId;
}

/** When units may be redeemed; a day that the trading calendar does not reach yet is said to be about then. */
function redeemable(dates) {
  const date = day(dates.redeemableFrom);
  return dates.redeemableProvisional ? t("date.about", { date }) : date;
}
