// The first page: cards held, applications on their way, and the products that can be applied for.

function cardRow(card) {
  const where = card.state === "MAILED" ? "/activate/" + card.cardId : "/card/" + card.cardId;
  return openRow({
    mark: "card", title: said(card.productName), open: () => go(where),
    caption: h("span", { class: "cap num line" }, card.tail ? t("card.tail", { tail: card.tail }) : said(card.level)),
    value: stateChip(card.state),
  });
}

function applicationRow(application) {
  const where = application.state === "DRAFT" ? "/apply/" : "/progress/";
  return openRow({
    mark: "list", title: said(application.productName), open: () => go(where + application.applicationId),
    caption: h("span", { class: "cap line" }, t("home.applied", { date: day(application.createdAt) })), value: stateChip(application.state),
  });
}

function productCard(product) {
  return h("li", null, h("button", { type: "button", class: "card press", onclick: () => go("/product/" + product.code) },
    h("span", { class: "row between" }, h("b", { class: "name" }, said(product.name)), h("span", { class: "muted" }, icon("right"))),
    h("span", { class: "row wrap" }, chip(said(product.level), "tide"), product.open ? null : chip(t("product.closed"), "warn")),
    h("span", { class: "soft num" }, t("product.line", { least: wholeMoney(term(product, "line_least_fen")), most: wholeMoney(term(product, "line_most_fen")) })),
    h("span", { class: "cap" }, said(product.benefits))));
}

function listed(title, rows) {
  return rows.length ? [h("h2", null, title), listCard(rows)] : null;
}

/** The states of what is on its way, in one text: another text is news. */
function movingStates(all) {
  return all.map((one) => (one.applicationId || one.cardId) + one.state).join();
}

function drawHome(place, { cards, applications, products, seenAt, waiting }, still) {
  if (still) toast(t("home.moved"));
  const open = applications.filter((one) => OPEN_APPLICATIONS.includes(one.state));
  const making = open.map((one) => one.cardId);
  const held = cards.filter((card) => card.state !== "CLOSED" && !making.includes(card.cardId));
  const over = applications.filter((one) => ["DECLINED", "EXPIRED", "WITHDRAWN"].includes(one.state));
  place.show({
    title: t("title.home"), still,
    body: [pageHead(t("title.home")), place.staleNote(seenAt), waiting,
      held.length || open.length ? null : emptyCard({ mark: "card", text: t("home.none") }),
      listed(t("home.cards"), held.map(cardRow)), listed(t("home.applications"), open.map(applicationRow)),
      h("h2", null, t("home.products")), h("ul", { class: "cards" }, products.map(productCard)),
      listed(t("home.over"), over.map(applicationRow))],
  });
}

async function homeView(place) {
  const obtain = async () => {
    const cards = await look("cards.list");
    const applications = await look("cards.application.list");
    const products = await look("cards.product.list");
    const waiting = [await repayment.waitingNote(), await activation.waitingNote(), await agreement.waitingNote()];
    const all = [...cards.data.cards, ...applications.data.applications];
    return { cards: cards.data.cards, applications: applications.data.applications, products: products.data.products, all, state: movingStates(all), seenAt: cards.seenAt, waiting };
  };
  await place.load(t("title.home"), "bcc", obtain, (answer) => {
    drawHome(place, answer, false);
    watch(place, { now: answer, open: ({ all }) => all.some(isMoving), every: SPARING_MILLISECONDS, obtain, draw: (next) => drawHome(place, next, true) });
  });
}

const SHOWN_TERMS = ["annual_fee_fen", "daily_rate_ppm", "interest_on", "minimum_share_percent", "late_fee_percent", "billing_day", "due_days", "grace_days", "cash_fee_percent"];

function termText(product, name) {
  const value = (product.terms.find((one) => one.name === name) || {}).value;
  if (name === "daily_rate_ppm") return t("term.rate", { rate: (value / 10000).toString() });
  if (name === "interest_on") return t("term.interest." + value);
  if (name.endsWith("_fen")) return money(value);
  if (name.endsWith("_percent")) return value + "%";
  return t(name === "billing_day" ? "term.day" : "term.days", { days: value });
}

async function productView(place) {
  const obtain = () => look("cards.product.list");
  await place.load(t("title.product"), "acc", obtain, ({ data, seenAt }) => {
    const product = data.products.find((one) => one.code === place.params.code);
    if (!product) {
      go("/", true);
      return;
    }
    const begin = new Attempt("cards.application.create");
    const line = formLine();
    const apply = button(t("product.apply"), { class: "primary block" }, async () => {
      try {
        go("/apply/" + (await begin.send(null, { product: product.code })).applicationId);
      } catch (error) {
        const trouble = troubleOf(error);
        line.say(trouble.extra.until ? t("product.cooling", { date: fullDay(trouble.extra.until) }) : sentence(trouble), trouble);
      }
    });
    place.show({
      title: t("title.product"), action: product.open ? apply.element : null,
      body: [h("div", { class: "head" }, h("h1", { class: "name" }, said(product.name)), h("div", { class: "row wrap" }, chip(said(product.level), "tide"))), place.staleNote(seenAt),
        h("section", { class: "card" }, h("p", null, said(product.benefits)),
          sideFacts([[t("term.line"), t("product.range", { least: wholeMoney(term(product, "line_least_fen")), most: wholeMoney(term(product, "line_most_fen")) })]])),
        h("section", { class: "card" }, h("h2", null, t("product.terms")), facts(SHOWN_TERMS.map((name) => [t("term." + name), termText(product, name)]))),
        note("tide", "shield", t("product.free")), line.element],
    });
  });
}
