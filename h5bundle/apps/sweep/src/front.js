// The entrance: what is in the sweep, what it earned, its yield, what may be taken out at once, and the agreement.

const RANGES = ["7", "30", "90", "365"];
const RECENT_DAYS = "14";
const range = { days: "30" };

function earned(fen, shown) {
  const sign = fen > 0 ? "up" : null;
  return shown ? secret(h("span", { class: sign }, signedMoney(fen))) : "—";
}

/** The newest day's income by its name: 昨日收益, or the day that it belongs to. */
function newestLabel(position) {
  if (!position.newestDate) return t("front.yesterday");
  const name = nearDay(position.newestDate);
  return name === t("yesterday") ? t("front.yesterday") : t("front.newest", { day: day(position.newestDate) });
}

function totalHead(position, product) {
  const newest = product.classes[0];
  return h("section", { class: "head" }, h("h1", { class: "hide" }, t("title.front")), hiddenAmount({ label: t("front.total"), fen: position.totalFen, xl: true }),
    movingNote(position),
    sideFacts([[newestLabel(position), earned(position.newestIncomeFen, position.newestDate)], [t("front.income"), earned(position.incomeFen, position.positions.length)],
      [t("front.tenthousand"), newest && newest.incomePerTenThousand ? newest.incomePerTenThousand : "—"]]));
}

/** What of the total is on its way in or out, or nothing. */
function movingNote(position) {
  const parts = [position.pendingFen ? [t("front.pending"), secret(plainMoney(position.pendingFen))] : null, position.lockedFen ? [t("front.locked"), secret(plainMoney(position.lockedFen))] : null].filter(Boolean);
  return parts.length ? h("p", { class: "cap num" }, parts.map(([label, figure], index) => [index ? t("comma") : "", label, " ", figure])) : null;
}

function yieldChart(points) {
  const series = points.map((point) => ({ date: point.date, value: point.sevenDayYield }));
  const [first, last] = [series[0], series[series.length - 1]];
  const places = { first: first.value, from: day(first.date), last: last.value, to: day(last.date) };
  return lineChart(series, { sentence: t("yield.sentence", places), dateLabel: t("yield.date"), valueLabel: t("yield.unit"), show: (value) => Number(value).toFixed(3) + "%", mark: (value) => value.toFixed(2) });
}

/** The yield of a share class over the range that the customer chose last; another range is asked for in place. */
function yieldCard(points, obtain) {
  if (!points.length) return h("section", { class: "card" }, h("h2", null, t("yield.title")), h("p", { class: "cap" }, t("yield.none")));
  const last = points[points.length - 1];
  const chart = h("div", null, yieldChart(points));
  const change = async (days) => {
    range.days = days;
    try {
      const { data } = await obtain();
      if (range.days === days) chart.replaceChildren(...yieldChart(data.points).flat());
    } catch (error) {
      toast(sentence(troubleOf(error)));
    }
  };
  const choices = RANGES.map((value) => ({ value, label: t("range." + value) }));
  return chartCard({ title: t("yield.title"), value: Number(last.sevenDayYield).toFixed(3) + "%", when: day(last.date), aside: t("yield.promise"), chart, ranges: segments({ label: t("yield.ranges"), choices, value: range.days, changed: change }) });
}

function incomeCard(lines) {
  if (!lines.length) return null;
  const series = lines.slice().reverse().map((line) => ({ date: line.date, value: line.amountFen }));
  const last = series[series.length - 1];
  const sum = series.reduce((all, one) => all + one.value, 0);
  const chart = barChart(series, { sentence: t("income.sentence", { days: series.length, sum: plainMoney(sum), last: plainMoney(last.value), day: day(last.date) }), dateLabel: t("yield.date"), valueLabel: t("income.unit"), mark: plainMoney });
  return chartCard({ title: t("income.recent"), value: secret(signedMoney(sum)), when: t("income.days", { days: series.length }), chart: h("div", { class: "secret line" }, h("div", { class: "shut" }, chart)) });
}

/** What may still be taken out at once today, as water on a staff. */
function fastCard(product) {
  const { fast } = product;
  const places = { left: plainMoney(fastLeft(fast)), cap: plainMoney(fast.capFen) };
  const normal = product.redemption ? t("fast.normal", { date: day(product.redemption.arrivesOn) }) : "";
  return h("section", { class: "card" }, h("div", { class: "row between wrap num" }, h("h2", null, t("fast.title")), h("span", { class: "cap" }, secret(t("fast.of", places)))),
    gauge(share(fastLeft(fast), fast.capFen), secret(t("fast.label", places))), h("div", { class: "gap" }),
    h("p", { class: "cap" }, t(fast.poolOpen ? "fast.text" : "fast.pool")), normal ? h("p", { class: "cap" }, normal) : null);
}

function agreementRow(agreement, accounts) {
  const places = { tail: (accountOf(accounts, agreement.accountId) || {}).number, floor: plainMoney(agreement.floorFen) };
  return openRow({
    mark: "sweep", title: t("agree.auto"), caption: h("div", { class: "cap num" }, t("agree.keeps", places)), open: () => go("/agreement"),
    value: chip(t("agreement." + agreement.state), agreement.state === "ACTIVE" ? "ok" : "warn"),
  });
}

function frontRows(agreements, accounts) {
  return listCard(agreements.map((one) => agreementRow(one, accounts)),
    openRow({ mark: "download", title: t("title.income"), open: () => go("/income") }), openRow({ mark: "list", title: t("title.orders"), open: () => go("/orders") }));
}

function frontAction(agreements, position) {
  const into = agreements.length ? button(t("front.in"), { class: "primary" }, async () => go("/in")) : button(t("agree.begin"), { class: "primary" }, async () => go("/sign"));
  if (!agreements.length && !position.freeFen) return into.element;
  return h("div", { class: "pair" }, button(t("front.out"), {}, async () => go("/out")).element, into.element);
}

async function frontView(place) {
  const yields = () => look("sweep.yield.list", { code: CODE, days: range.days });
  const obtain = async () => ({
    ...(await together({
      product: lookAtProduct(), position: lookAtPosition(), agreed: lookAtAgreements(), held: lookAtAccounts(), yielded: yields(),
      income: look("sweep.income.list", { code: CODE, limit: RECENT_DAYS }),
    })),
    waiting: await Promise.all(Object.values(signed).map((one) => one.waitingNote())),
  });
  await place.load(t("title.front"), "acb", obtain, ({ product, position, agreed, held, yielded, income, seenAt, waiting }) => {
    const { agreements } = agreed;
    const begin = agreements.length ? null : emptyCard({ mark: "sweep", text: t("agree.none.text") });
    place.show({
      title: t("title.front"), action: frontAction(agreements, position),
      body: [place.staleNote(seenAt), waiting, totalHead(position, product), begin, yieldCard(yielded.points, yields), incomeCard(income.lines),
        agreements.length || position.freeFen ? fastCard(product) : null, frontRows(agreements, held.accounts), note("info", "info", said(product.warning)),
        h("p", { class: "cap center" }, t("front.issuer", { issuer: said(product.issuer), category: said(product.category) }))],
    });
  });
}
