// The overview of a customer: the assets first, then what waits, then the businesses, each drawn when it has answered.

const PATIENCE_MILLISECONDS = 300;
const WAITS_SHOWN = 3;
const LAST = "9999";
const BEIJING_AHEAD = 8 * 3600 * 1000;

/** The part of Beijing's day: "morning", "noon", "afternoon" or "evening". */
function partOfDay() {
  const hour = new Date(Date.now() + BEIJING_AHEAD).getUTCHours();
  return hour < 5 ? "evening" : hour < 11 ? "morning" : hour < 13 ? "noon" : hour < 18 ? "afternoon" : "evening";
}

function greeting(customer) {
  const hello = t("hello." + partOfDay());
  return customer && customer.name ? t("hello.name", { hello, name: customer.name }) : hello;
}

function incomeLine(incomes) {
  if (!incomes.length) return null;
  const { date } = incomes[0];
  return h("p", { class: "cap num" }, t("income", { day: nearDay(date) }), " ", secret(h("b", null, signedMoney(sumOf(incomes, (one) => one.fen)))));
}

/** How a sum on the balance card is shared: [{name, fen}], at most three with water in them; one alone needs no bar. */
function shareBar(parts) {
  const filled = parts.filter((part) => part.fen > 0);
  if (filled.length < 2) return null;
  const all = filled.reduce((sum, part) => sum + part.fen, 0);
  const label = filled.map((part) => part.name + " " + share(part.fen, all).toFixed(1) + "%").join(t("comma"));
  const waters = filled.map((part) => {
    const water = h("span");
    water.style.flexGrow = String(part.fen / all);
    return water;
  });
  return [h("div", { class: "shares", role: "img", "aria-label": label }, waters),
    h("dl", { class: "sharekeys num" }, filled.map((part) => h("div", null, h("dt", null, part.name), h("dd", null, secret(plainMoney(part.fen))))))];
}

/** All assets that were heard of, on still water, with their shares when there is more than one. */
function assetsCard(all) {
  const parts = all.filter((one) => one.business.counts && !one.trouble && one.fen !== null);
  const incomes = parts.map((one) => one.income).filter(Boolean);
  return h("section", { class: "hero" }, tideLines(), h("div", { class: "over" },
    hiddenAmount({ label: t("assets"), fen: sumOf(parts, (one) => one.fen) }), incomeLine(incomes),
    shareBar(parts.map((one) => ({ name: t(one.business.name + ".part"), fen: one.fen })))));
}

/** Notes on what is old and what is missing, with one way to ask again; a sum never counts what is missing. */
function troubleNotes(place, all) {
  const missing = all.filter((one) => one.trouble && one.business.counts);
  const stale = place.staleNote(all.map((one) => one.seenAt).filter(Boolean).sort()[0]);
  if (!missing.length) return [stale];
  const names = missing.map((one) => t(one.business.name + ".title")).join(t("and"));
  const retry = stale ? null : button(t("retry"), { class: "ghost small" }, () => place.again()).element;
  return [stale, note("warn", "alert", t("missing", { names }), retry)];
}

/** What waits, the first to end first; a few at a time, so that the businesses stay in sight. */
function waitingCard(all) {
  const waits = all.flatMap((one) => one.waits || []).sort((one, other) => (one.due || LAST).localeCompare(other.due || LAST));
  if (!waits.length) return null;
  const few = waits.length > WAITS_SHOWN + 1 ? WAITS_SHOWN : waits.length;
  const list = h("ul", { class: "list" }, waits.slice(0, few).map(waitingRow));
  const rest = waits.slice(few).map(waitingRow);
  const more = button(t("waits.more", { count: rest.length }), { class: "ghost small block" }, async () => {
    list.append(...rest);
    more.element.remove();
    rest[0].firstChild.focus();
  });
  return h("section", { class: "card flush" }, h("h2", { class: "hide" }, t("waits")), list, rest.length ? more.element : null);
}

function bone(kind) {
  return h("div", { class: "bone " + kind, "aria-hidden": "true" });
}

/** The places of the page that fill as answers come: the row of a business at once, sums when all have answered. */
class Overview {
  constructor(place, status) {
    this.place = place;
    this.status = status;
    this.top = h("div", { class: "cards", "aria-live": "polite" }, bone("c"));
    this.rows = new Map(BUSINESSES.map((business) => [business, h("li", null, bone("d"))]));
    this.list = h("ul", { class: "list" }, [...this.rows.values()]);
  }

  hear(one) {
    this.rows.get(one.business).replaceWith(...(one.absent ? [] : [businessRow(one)]));
  }

  hearAll(all) {
    const offered = all.filter((one) => !one.absent);
    const trouble = troubleOfAll(offered);
    if (trouble) this.place.showTrouble(t("title.home"), trouble);
    else this.top.replaceChildren(...[...troubleNotes(this.place, offered), assetsCard(offered), waitingCard(offered)].filter(Boolean));
  }

  show() {
    this.place.show({
      title: t("title.home"),
      body: [h("h1", { class: "name" }, greeting(this.status.customer)), this.top, h("section", { class: "card flush", "aria-label": t("businesses") }, this.list)],
    });
  }
}

async function overviewView(place, status) {
  const overview = new Overview(place, status);
  const all = Promise.all(BUSINESSES.map(async (business) => {
    const one = await heardOf(business);
    overview.hear(one);
    return one;
  }));
  const enough = new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS));
  await Promise.race([all, enough]);
  overview.show();
  overview.hearAll(await all);
}
