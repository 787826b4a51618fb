// Lists that come page by page: one more page at a press, and the place in the list is the same after coming back.

const lists = new Map();

/** The answers of a list so far: [{items, next}], where the customer stood, and when the figures were seen. */
function remembered(place, name) {
  if (!place.returning) lists.delete(name);
  return lists.get(name) || null;
}

/**
 * A page with a list that has cursors. Options: {title, op, params, items(answer), row(item), empty (node), head(answer)
 * → nodes above, body(rows) → node around, next(answer), action}. `next` gives the cursor of what follows, or null;
 * `nextCursor` of the answer when it is not given. The cursor goes back as the parameter `cursor`.
 */
export async function pagedView(place, options) {
  const name = options.op + JSON.stringify(options.params || {});
  let kept = remembered(place, name);
  const obtain = async () => {
    const list = kept || { scroll: 0, ...(await look(options.op, options.params)) };
    kept = null;
    return list;
  };
  await place.load(options.title, "dddd", obtain, (list) => {
    list.answers ||= [list.data];
    lists.set(name, list);
    drawList(place, options, list);
  });
}

function drawList(place, options, list) {
  const next = options.next || ((answer) => answer.nextCursor || null);
  const rows = h("ul", { class: "list" }, list.answers.flatMap((answer) => options.items(answer).map(options.row)));
  const foot = h("div", { class: "more" });
  const offerMore = () => {
    const cursor = next(list.answers[list.answers.length - 1]);
    refill(foot, cursor ? moreButton(async () => {
      const answer = await ask(options.op, { ...options.params, cursor });
      if (!place.stands) return;
      list.answers.push(answer);
      const added = options.items(answer).map(options.row);
      rows.append(...added);
      offerMore();
      focusRow(added[0]);
    }) : null);
  };
  const any = rows.childElementCount > 0;
  if (any) offerMore();
  const body = options.body ? options.body(rows) : h("section", { class: "card flush" }, rows);
  place.show({ title: options.title, body: [h("h1", { class: "hide" }, options.title), place.staleNote(list.seenAt), options.head ? options.head(list.answers[0]) : null, any ? [body, foot] : options.empty], action: options.action || null });
  const main = document.getElementById("page");
  main.scrollTop = list.scroll;
  main.addEventListener("scroll", () => { list.scroll = main.scrollTop; }, { passive: true });
}

/** Those who move by keyboard go on where the new rows begin. */
function focusRow(row) {
  if (!row) return;
  const target = row.querySelector("button, a[href]") || row;
  if (target === row) row.setAttribute("tabindex", "-1");
  target.focus({ preventScroll: true });
}

function moreButton(work) {
  return button(t("more"), { class: "ghost block", icon: "down" }, work).element;
}
