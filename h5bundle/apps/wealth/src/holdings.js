// What a customer has: all holdings with their value and income behind the eye, and one of them with its shares.

/** The sum of a figure over holdings; what has no net value yet counts with what was paid for it, or with no income. */
function totalOf(holdings, name) {
  return holdings.reduce((sum, one) => sum + (one[name] ?? (name === "valueFen" ? one.costFen : 0)), 0);
}

function holdingRow(holding) {
  const valued = holding.valueFen !== null;
  const caption = t("shares.count", { shares: sharesText(holding.shares) }) + (valued ? " · " + holding.nav : "");
  return openRow({
    title: said(holding.productName), caption: h("div", { class: "cap num" }, secret(caption)), open: () => go("/holding/" + holding.product),
    value: valued ? [h("b", null, secret(plainMoney(holding.valueFen))), h("div", { class: "cap" }, secret(income(holding.incomeFen)))] : h("span", { class: "cap" }, t("holding.novalue")),
  });
}

function totalSection(holdings) {
  const earned = totalOf(holdings, "incomeFen");
  return h("section", { class: "hero" }, tideLines(), h("div", { class: "over" }, hiddenAmount({ label: t("holdings.value"), fen: totalOf(holdings, "valueFen"), xl: true })),
    h("div", { class: "over row wrap num" }, h("span", { class: "soft" }, t("holding.income")), h("b", null, secret(signedMoney(earned)))));
}

/** All holdings as a file. */
async function holdingsFile(kind) {
  const { file } = await (kind === "pdf" ? ask("wealth.holding.pdf") : ask("wealth.holding.csv"));
  return { name: t("holdings.file", { date: daysToNow(1).to }), kind, content: file.content };
}

async function holdingsView(place) {
  const products = button(t("orders.list"), { class: "primary" }, async () => go("/", true));
  await place.load(t("title.holdings"), "cdd", () => look("wealth.holding.list"), ({ data: { holdings }, seenAt }) => place.show({
    title: t("title.holdings"),
    body: [h("h1", { class: "hide" }, t("title.holdings")), place.staleNote(seenAt), holdings.length ? [totalSection(holdings), h("div", { class: "row" }, exportButton({ obtain: holdingsFile })), listCard(holdings.map(holdingRow)),
      h("p", { class: "cap center" }, t("holdings.about"))]
      : emptyCard({ mark: "wealth", text: t("holdings.none"), action: products.element }),
    listCard(openRow({ mark: "list", title: t("title.orders"), open: () => go("/orders") }))],
  }));
}

/** Why nothing can be redeemed now, in a sentence. */
function heldBack(holding) {
  if (holding.state !== "OPEN") return t(["MATURED", "SETTLED"].includes(holding.state) ? "holding.matured" : "holding.closed");
  const days = holding.lots.filter((lot) => lot.held !== lot.shares).map((lot) => lot.redeemableFrom).sort();
  return days.length ? t("holding.from", { date: day(days[0]) }) : t("holding.onway");
}

function worthCard(holding) {
  const valued = holding.valueFen !== null;
  return h("section", { class: "card" }, hiddenAmount({ label: t(valued ? "holdings.value" : "holding.cost"), fen: valued ? holding.valueFen : holding.costFen }),
    h("p", { class: "cap num" }, valued ? t("holding.nav", { nav: holding.nav, date: day(holding.navDate) }) : t("holding.novalue")),
    sideFacts([[t("holding.income"), valued ? secret(income(holding.incomeFen)) : "–"], [t("holding.cost"), secret(plainMoney(holding.costFen))], [t("holding.shares"), secret(sharesText(holding.shares))]]));
}

function lotRow(lot) {
  const free = sharesOf(lot.redeemable) > 0;
  const held = sharesOf(lot.held) > 0 ? chip(t("lot.held", { shares: sharesText(lot.held) }), "tide") : null;
  return openRow({
    title: h("b", { class: "num" }, secret(t("shares.count", { shares: sharesText(lot.shares) }))), caption: h("div", { class: "cap" }, free ? t("lot.free") : t("lot.from", { date: day(lot.redeemableFrom) })),
    value: held, open: () => go("/order/" + lot.orderId),
  });
}

function drawHolding(place, holding, seenAt) {
  const free = sharesOf(holding.redeemable) > 0;
  const redeem = button(t("redeem"), { class: "primary" }, async () => go("/redeem/" + holding.product));
  const product = button(t("title.product"), { class: free ? "" : "primary" }, async () => go("/product/" + holding.product));
  place.show({
    title: t("title.holding"), action: h("div", { class: "pair" }, product.element, free ? redeem.element : null),
    body: [h("div", { class: "head" }, h("h1", { class: "name" }, said(holding.productName)), h("div", { class: "row wrap" }, stateChip({ ...holding, quotaLeftFen: 1, minimumFen: 0 }))), place.staleNote(seenAt), worthCard(holding),
      free ? null : note("info", "info", heldBack(holding)),
      h("section", { class: "card" }, h("div", { class: "row between wrap" }, h("h2", null, t("holding.lots")), h("span", { class: "cap num" }, t("holding.free", { shares: sharesText(holding.redeemable) }))),
        h("ul", { class: "list" }, holding.lots.map(lotRow)))],
  });
}

async function holdingView(place) {
  await place.load(t("title.holding"), "acd", () => look("wealth.holding.list"), ({ data, seenAt }) => {
    const holding = data.holdings.find((one) => one.product === place.params.code);
    if (holding) drawHolding(place, holding, seenAt);
    else place.show({ title: t("title.holding"), body: state({ mark: "wealth", title: t("title.holding"), text: t("holding.gone"), actions: button(t("title.holdings"), { class: "primary" }, async () => go("/holdings", true)).element }) });
  });
}
