// What is on sale, and one product: its risk, benchmark, net value, quota and dates, with one way to buy it.

const ON_SALE = ["OPEN", "RAISING"];
const GONE = ["SETTLED", "FAILED"];
const STATE_CHIPS = { RAISING: "tide", SOLD_OUT: "warn" };
const RANGES = { month: 31, quarter: 92, all: Infinity };

function benchmark(product, large) {
  const low = [product.benchmarkLow, h("small", null, "%")];
  const range = product.benchmarkHigh && product.benchmarkHigh !== product.benchmarkLow ? [low, " – ", product.benchmarkHigh, h("small", null, "%")] : low;
  return h("div", { class: large ? "amount num" : "amount num mid" }, range);
}

/** Why a product cannot be bought by anybody now: a state, or null. */
function saleProblem(product) {
  if (product.state === "SOLD_OUT" || (ON_SALE.includes(product.state) && product.quotaLeftFen < product.minimumFen)) return "SOLD_OUT";
  return ON_SALE.includes(product.state) ? null : product.state;
}

/** The state to show: what is sold out is not open, whatever its sale. */
function stateChip(product) {
  const name = saleProblem(product) === "SOLD_OUT" ? "SOLD_OUT" : product.state;
  return name === "OPEN" ? null : chip(t("product." + name), STATE_CHIPS[name]);
}

function productCard(product) {
  return h("li", null, h("button", { type: "button", class: "card press", onclick: () => go("/product/" + product.code) },
    h("span", { class: "row between" }, h("b", { class: "name" }, said(product.name)), h("span", { class: "muted" }, icon("right"))),
    h("span", { class: "row wrap" }, riskStaff(product.risk), stateChip(product) || chip(said(product.category))),
    benchmark(product), h("span", { class: "cap" }, t("list.benchmark")),
    h("span", { class: "soft num" }, t("list.terms", { days: product.holdingDays, minimum: wholeMoney(product.minimumFen) }))));
}

function levelCard(suitability) {
  const start = button(t(suitability.level ? "level.again" : "level.start"), { class: suitability.level ? "small ghost" : "small" }, async () => go("/assess"));
  const about = h("button", { type: "button", class: "iconbtn muted", "aria-label": t("level.about"), "aria-haspopup": "dialog", onclick: levelsSheet }, icon("info"));
  return h("section", { class: "card" }, h("div", { class: "row between wrap" }, h("div", { class: "grow" }, h("div", { class: "cap" }, t("level.yours")), h("b", null, levelName(suitability.level)),
    h("div", { class: "cap" }, suitability.level ? t("level.until", { date: day(suitability.validUntil) }) : t("level.why"))), start.element, about));
}

/** What is mine: holdings with their value, and orders. */
function mineCard(holdings) {
  const value = holdings.length ? [h("b", null, secret(plainMoney(totalOf(holdings, "valueFen")))), h("div", { class: "cap" }, t("holdings.value"))] : null;
  return listCard(openRow({ mark: "wealth", title: t("title.holdings"), value, open: () => go("/holdings") }),
    openRow({ mark: "list", title: t("title.orders"), open: () => go("/orders") }));
}

function productSections(products) {
  const shown = products.filter((product) => !GONE.includes(product.state));
  const others = shown.filter(saleProblem);
  const sale = shown.filter((product) => !saleProblem(product));
  const list = (some) => h("ul", { class: "cards" }, some.map(productCard));
  return [sale.length ? list(sale) : h("section", { class: "card" }, h("p", { class: "soft" }, t("list.none"))),
    others.length ? [h("h2", { class: "name" }, t("list.others")), list(others)] : null];
}

async function listView(place) {
  const obtain = async () => {
    const got = { products: await look("wealth.product.list"), suitability: await look("wealth.suitability.get"), holdings: await look("wealth.holding.list") };
    const seenAt = Object.values(got).map((one) => one.seenAt).find(Boolean) || null;
    return { ...got, seenAt, waiting: [await purchase.waitingNote(), await redemption.waitingNote()] };
  };
  await place.load(t("title.list"), "dcc", obtain, ({ products, suitability, holdings, seenAt, waiting }) => place.show({
    title: t("title.list"),
    body: [pageHead(t("list.products")), place.staleNote(seenAt), waiting, levelCard(suitability.data), mineCard(holdings.data.holdings),
      productSections(products.data.products)],
  }));
}

/** The net values of the last days. */
function lastDays(all, days) {
  if (!all.length) return [];
  const end = Date.parse(all[all.length - 1].date);
  return all.filter((point) => end - Date.parse(point.date) <= days * 24 * 3600 * 1000);
}

function navCard(all, range = "quarter") {
  const nav = lastDays(all, RANGES[range]);
  if (!nav.length) return h("section", { class: "card" }, h("h2", null, t("product.nav")), h("p", { class: "soft" }, t("product.nav.none")));
  const first = nav[0];
  const last = nav[nav.length - 1];
  const change = (Number(last.value) / Number(first.value) - 1) * 100;
  const sign = change > 0 ? "+" : change < 0 ? "\u2212" : "";
  const places = { first: first.value, from: day(first.date), last: last.value, to: day(last.date) };
  const ranges = segments({
    label: t("product.nav.range"), value: range, choices: Object.keys(RANGES).map((value) => ({ value, label: t("product.nav." + value) })),
    changed: (value) => { card.replaceWith(navCard(all, value)); document.querySelector(".segments input:checked").focus(); },
  });
  const card = chartCard({
    title: t("product.nav"), value: last.value, when: day(last.date), ranges,
    aside: [t("product.nav." + range), " ", h("b", { class: change > 0 ? "up" : change < 0 ? "down" : null }, sign + Math.abs(change).toFixed(2) + "%")],
    chart: lineChart(nav, { sentence: t("product.nav.sentence", places), dateLabel: t("product.nav.date"), valueLabel: t("product.nav.unit") }),
  });
  return card;
}

function quotaCard(product) {
  const places = { left: quotaMoney(product.quotaLeftFen), total: quotaMoney(product.quotaTotalFen) };
  return h("section", { class: "card" }, h("div", { class: "row between wrap num" }, h("h2", null, t("product.quota")), h("span", { class: "cap" }, t("product.quota.of", places))),
    gauge(share(product.quotaLeftFen, product.quotaTotalFen), t("product.quota.label", places)));
}

/** The three days of an order placed now. */
function datesCard(product) {
  const { dates, maturesOn } = product;
  if (!dates) return null;
  const last = maturesOn ? { when: day(maturesOn), what: t("product.mature") } : { when: redeemable(dates), what: t("product.redeem") };
  const middle = product.state === "RAISING" ? { when: day(dates.tradeDate), what: t("product.begin") } : { when: day(dates.confirmDate), what: t("product.confirm") };
  return h("section", { class: "card" }, datePath([{ when: before(dates.purchaseBefore), what: t("product.buy"), done: true }, middle, last]),
    h("div", { class: "gap" }), h("p", { class: "cap" }, t("product.cancellable", { until: before(dates.cancellableUntil) })));
}

function termsCard(product) {
  return h("section", { class: "card" }, h("div", { class: "cap" }, t("product.benchmark")), benchmark(product, true), h("div", { class: "cap" }, t("product.promise")),
    sideFacts([[t("product.holding"), t("product.days", { days: product.holdingDays })], [t("product.minimum"), t("product.yuan", { amount: wholeMoney(product.minimumFen) })],
      [t("product.step"), t("product.yuan", { amount: wholeMoney(product.stepFen) })]]));
}

/** Why this customer cannot buy now, in a sentence, or null. */
function obstacle(product) {
  const problem = saleProblem(product);
  if (problem) return t(problem === "SOLD_OUT" ? "product.gone" : "product.closed." + product.state);
  const { level, matches, qualified } = product.suitability;
  if (product.private && !qualified) return t("product.unqualified");
  return level && matches === false ? t("product.mismatch", { risk: product.risk, level, range: risksOf(level) }) : null;
}

function productAction(product, blocked) {
  const { level, qualified } = product.suitability;
  const options = { class: "primary" };
  const press = blocked && product.private && !qualified && !saleProblem(product) ? button(t("product.qualify"), options, async () => go("/qualified/" + product.code)) : blocked ? button(t("product.others"), options, async () => go("/"))
    : level ? button(t("product.buy"), options, async () => go("/buy/" + product.code)) : button(t("product.assess"), options, async () => go("/assess/" + product.code));
  return h("div", { class: "pair" }, h("div", { class: "grow" }, h("div", { class: "t12 muted" }, t("level.yours")), h("b", null, levelName(level))), press.element);
}

async function productView(place) {
  const obtain = () => look("wealth.product.get", { code: place.params.code });
  await place.load(t("title.product"), "acc", obtain, ({ data: product, seenAt }) => {
    const blocked = obstacle(product);
    place.show({
      title: t("title.product"), action: productAction(product, blocked),
      body: [h("div", { class: "head" }, h("h1", { class: "name" }, said(product.name)), h("div", { class: "row wrap" }, riskStaff(product.risk), stateChip(product), product.private ? chip(t("product.private"), "info") : chip(said(product.category)))),
        place.staleNote(seenAt), blocked ? note("warn", "alert", blocked) : null, termsCard(product), navCard(product.nav), ON_SALE.includes(product.state) ? quotaCard(product) : null, datesCard(product),
        note("info", "info", said(product.warning)), h("p", { class: "cap center" }, t("product.issuer") + " · " + said(product.issuer))],
    });
  });
}
