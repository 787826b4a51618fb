// What stands where content cannot stand yet or at all: skeleton, state, toast, sheet of the page.

/** Blocks of the final size; never a guessed figure. Kinds: a line, b card, c chart, d row. */
function skeleton(kinds) {
  return [h("span", { class: "hide", role: "status" }, t("loading")), kinds.split("").map((kind) => h("div", { class: "bone " + kind, "aria-hidden": "true" }))];
}

/** A whole-page state. Options: {mark, kind, title, text, code, actions}. */
export function state(options) {
  return h("div", { class: "state" }, h("span", { class: "tile " + (options.kind || "plain") }, icon(options.mark, "i24")),
    h("h1", { tabindex: "-1" }, options.title), options.text ? h("p", null, options.text) : null, options.actions || null,
    options.code ? codeLine(options.code) : null);
}

/** A code, small and last: for whoever is asked for help. */
function codeLine(code) {
  return h("span", { class: "code mono" }, t("code.label", { code }));
}

/** Say one sentence for five seconds; never for an error that needs a decision. */
export function toast(text) {
  const element = h("div", { class: "toast", role: "status" }, text);
  document.body.append(element);
  setTimeout(() => element.remove(), 5000);
}

/** A sheet of the page itself (white, from below). Esc, the button and the ground close it. */
export function pageSheet(title, content) {
  const heading = freshId("sheet");
  const close = h("button", { type: "button", class: "btn block", onclick: () => sheet.close() }, t("close"));
  const sheet = h("dialog", { class: "sheet", "aria-labelledby": heading }, h("h2", { id: heading }, title), content, h("div", { class: "gap" }), close);
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
  return sheet;
}
