// Levels of customers (C1–C5) against risks of products (R1–R5), and when units may be redeemed.

/** The risks a level may buy: R1, or R1–R3. */
function risksOf(level) {
  const most = Number(level.slice(1));
  return most > 1 ? "R1\u2060–\u2060R" + most : "R1";
}

function levelName(level) {
  return level ? t(level) : t("level.none");
}

/** What the five levels may buy, in a sheet of the page. */
function levelsSheet() {
  const rows = [1, 2, 3, 4, 5].map((level) => h("li", { class: "item wrap" }, riskStaff("R" + level), h("span", { class: "grow" }, t("level.from", { level: t("C" + level) }))));
  pageSheet(t("level.about"), [h("p", { class: "soft" }, t("level.about.text")), h("ul", { class: "list" }, rows)]);
}

/** When units may be redeemed; a day that the trading calendar does not reach yet is said to be about then. */
function redeemable(dates) {
  const date = day(dates.redeemableFrom);
  return dates.redeemableProvisional ? t("date.about", { date }) : date;
}
