// The businesses of the bank, each asked for itself: one that is silent says so in its own row, and the others stand.
// A business is {name, mark, counts (whether it is part of the assets), obtain()}; it answers
// {seenAt, fen (null when there is nothing), caption, waits: [{mark, title, caption, route, due}], income: {fen, date}}.

const BUSINESSES = [ACCOUNTS, SWEEP, WEALTH, CARDS];
const NOT_OFFERED = ["METHOD_UNKNOWN", "OPERATION_UNKNOWN", "PERMISSION_DENIED"];
const CLOSED_TO_ALL = ["auth", "cancelled", "unbound"];

function sumOf(list, figure) {
  return list.reduce((sum, one) => sum + figure(one), 0);
}

/** What one business says, or {trouble}; {absent} when this server has no such business. */
async function heardOf(business) {
  try {
    return { business, waits: [], income: null, ...(await business.obtain()) };
  } catch (error) {
    const trouble = troubleOf(error);
    return { business, trouble, absent: NOT_OFFERED.includes(trouble.code) };
  }
}

/** The trouble that keeps everything away: the person said no, or nobody answered; null when something stands. */
function troubleOfAll(all) {
  const troubles = all.map((one) => one.trouble).filter(Boolean);
  return troubles.find((one) => CLOSED_TO_ALL.includes(one.kind)) || (troubles.length === all.length ? troubles[0] : null);
}

function whyNot(trouble) {
  return t("row." + (["offline", "fault"].includes(trouble.kind) ? trouble.kind : "silent"));
}

/** The row of a business: it leads to its bundle, also when it could not be asked. */
function businessRow({ business, trouble, fen, caption }) {
  const known = !trouble && fen !== null;
  return openRow({
    mark: business.mark, title: t(business.name + ".title"), open: () => openBundle(business.name),
    caption: h("div", { class: "cap num" }, trouble ? whyNot(trouble) : caption), value: known ? secret(h("b", null, plainMoney(fen))) : null,
  });
}

function waitingRow(wait) {
  return openRow({
    mark: wait.mark, kind: "warn", title: wait.title, caption: h("div", { class: "cap num" }, wait.caption), open: () => openBundle(wait.route),
  });
}
