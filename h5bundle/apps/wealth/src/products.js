// What is on sale, and one product: its risk, benchmark, net value, quota and dates, with one way to buy it.

const QUARTER = 92 * 24 * 3600 * 1000;
const ON_SALE = ["OPEN", "RAISING", "ESTABLISHED"];

function benchmark(product, large) {
  const low = [product.benchmarkLow, h("small", null, "%")];
  const range = product.benchmarkHigh && product.benchmarkHigh !== product.benchmarkLow ? [low, " – ", product.benchmarkHigh, h("small", null, "%")] : low;
  return h("div", { class: large ? "amount num" : "amount num mid" }, range);
}

function saleProblem(product) {
  if (product.state === "SOLD_OUT" || product.quotaLeftFen < product.minimumFen) return "SOLD_OUT";
  return ON_SALE.includes(product.state) ? null : "CLOSED";
}

function productCard(product) {
  const problem = saleProblem(product);
  return h("li", null, h("button", { type: "button", class: "card press", onclick: () => go("/product/" + product.code) },
    h("span", { class: "row between" }, h("b", { class: "name" }, said(product.name)), h("span", { class: "muted" }, icon("right"))),
    h("span", { class: "row wrap" }, riskStaff(product.risk), problem ? chip(t("product." + problem), "warn") : chip(said(product.category))),
    benchmark(product), h("span", { class: "cap" }, t("list.benchmark")),
    h("span", { class: "soft num" }, t("list.terms", { days: product.holdingDays, minimum: wholeMoney(product.minimumFen) }))));
}

function levelCard(suitability) {
  const start = button(t(suitability.level ? "level.again" : "level.start"), { class: suitability.level ? "small ghost" : "small" }, async () => go("/assess"));
  const about = h("button", { type: "button", class: "iconbtn muted", "aria-label": t("level.about"), "aria-haspopup": "dialog", onclick: levelsSheet }, icon("info"));
  return h("section", { class: "card" }, h("div", { class: "row between wrap" }, h("div", { class: "grow" }, h("div", { class: "cap" }, t("level.yours")), h("b", null, levelName(suitability.level)),
    h("div", { class: "cap" }, suitability.level ? t("level.until", { date: day(suitability.validUntil) }) : t("level.why"))), start.element, about));
}

async function listView(place) {
  const obtain = async () => {
    const products = await look("wealth.product.list");
    const suitability = await look("wealth.suitability.get");
    return { products: products.data.products, suitability: suitability.data, seenAt: products.seenAt || suitability.seenAt, waiting: await purchase.waitingNote() };
  };
  await place.load(t("title.list"), "dcc", obtain, ({ products, suitability, seenAt, waiting }) => place.show({
    title: t("title.list"),
    body: [h("div", { class: "head" }, h("h1", null, t("list.products"))), place.staleNote(seenAt), waiting, levelCard(suitability),
      products.length ? h("ul", { class: "cards" }, products.map(productCard)) : h("section", { class: "card" }, h("p", { class: "soft" }, t("list.none"))),
      h("section", { class: "card flush" }, h("ul", { class: "list" }, openRow({ mark: "list", title: t("list.orders"), open: () => go("/orders") })))],
  }));
}

/** The net values of the last three months. */
function lastQuarter(all) {
  if (!all.length) return [];
  const end = Date.parse(all[all.length - 1].date);
  return all.filter((point) => end - Date.parse(point.date) <= QUARTER);
}

function navCard(all) {
  const nav = lastQuarter(all);
  if (!nav.length) return null;
  const first = nav[0];
  const last = nav[nav.length - 1];
  const change = (Number(last.value) / Number(first.value) - 1) * 100;
  const sign = change > 0 ? "+" : change < 0 ? "\u2212" : "";
  const places = { first: first.value, from: day(first.date), last: last.value, to: day(last.date) };
  return chartCard({
    title: t("product.nav"), value: last.value, when: day(last.date),
    aside: [t("product.nav.quarter"), " ", h("b", { class: change > 0 ? "up" : change < 0 ? "down" : null }, sign + Math.abs(change).toFixed(2) + "%")],
    chart: lineChart(nav, { sentence: t("product.nav.sentence", places), dateLabel: t("product.nav.date"), valueLabel: t("product.nav.unit") }),
  });
}

function quotaCard(product) {
  const places = { left: quotaMoney(product.quotaLeftFen), total: quotaMoney(product.quotaTotalFen) };
  return h("section", { class: "card" }, h("div", { class: "row between wrap num" }, h("h2", null, t("product.quota")), h("span", { class: "cap" }, t("product.quota.of", places))),
    gauge(share(product.quotaLeftFen, product.quotaTotalFen), t("product.quota.label", places)));
}

function datesCard(dates) {
  if (!dates) return null;
  return h("section", { class: "card" }, datePath([{ when: before(dates.purchaseBefore), what: t("product.buy"), done: true },
    { when: day(dates.confirmDate), what: t("product.confirm") }, { when: redeemable(dates), what: t("product.redeem") }]));
}

function termsCard(product) {
  return h("section", { class: "card" }, h("div", { class: "cap" }, t("product.benchmark")), benchmark(product, true), h("div", { class: "cap" }, t("product.promise")),
    sideFacts([[t("product.holding"), t("product.days", { days: product.holdingDays })], [t("product.minimum"), t("product.yuan", { amount: wholeMoney(product.minimumFen) })],
      [t("product.step"), t("product.yuan", { amount: wholeMoney(product.stepFen) })]]));
}

/** Why this customer cannot buy now, in a sentence, or null. */
function obstacle(product) {
  const problem = saleProblem(product);
  if (problem) return t(problem === "SOLD_OUT" ? "product.gone" : "product.closed");
  const { level, matches } = product.suitability;
  return level && matches === false ? t("product.mismatch", { risk: product.risk, level, range: risksOf(level) }) : null;
}

function productAction(product, blocked) {
  const level = product.suitability.level;
  const options = { class: "primary" };
  const press = blocked ? button(t("product.others"), options, async () => go("/"))
    : level ? button(t("product.buy"), options, async () => go("/buy/" + product.code)) : button(t("product.assess"), options, async () => go("/assess/" + product.code));
  return h("div", { class: "pair" }, h("div", { class: "grow" }, h("div", { class: "t12 muted" }, t("level.yours")), h("b", null, levelName(level))), press.element);
}

async function productView(place) {
  const obtain = () => look("wealth.product.get", { code: place.params.code });
  await place.load(t("title.product"), "acc", obtain, ({ data: product, seenAt }) => {
    const blocked = obstacle(product);
    place.show({
      title: t("title.product"), action: productAction(product, blocked),
      body: [h("div", { class: "head" }, h("h1", { class: "name" }, said(product.name)), h("div", { class: "row wrap" }, riskStaff(product.risk), chip(said(product.category)))),
        place.staleNote(seenAt), blocked ? note("warn", "alert", blocked) : null, termsCard(product), navCard(product.nav), quotaCard(product), datesCard(product.dates),
        note("info", "info", said(product.warning)), h("p", { class: "cap center" }, t("product.issuer") + " · " + said(product.issuer))],
    });
  });
}
