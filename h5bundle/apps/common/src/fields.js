// Form fields: label above, the sentence of an error under its field, typed text kept, pasting allowed.

function errorLine(id) {
  return h("div", { class: "hint err", id, role: "alert", hidden: true });
}

function showError(line, box, inputs, text) {
  line.hidden = !text;
  refill(line, text ? [icon("alert", "i16"), h("span", null, text)] : []);
  if (box) box.classList.toggle("err", Boolean(text));
  for (const input of inputs) {
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

function described(...ids) {
  return ids.filter(Boolean).join(" ") || null;
}

/** Keep only what `keep` allows and show it in groups, with the caret where the customer left it. */
function groupAs(input, keep, group) {
  const kept = keep(input.value);
  const shown = group(kept);
  if (shown === input.value) return;
  const before = keep(input.value.slice(0, input.selectionStart)).length;
  input.value = shown;
  let place = 0;
  for (let seen = 0; place < shown.length && seen < before; place += 1) if (!" ,".includes(shown[place])) seen += 1;
  input.setSelectionRange(place, place);
}

/** Digits in groups of four: 6222 0212 0800 4417 935. */
export function byFour(text) {
  return text.replace(/(.{4})(?=.)/g, "$1 ");
}

/** A mobile number as 138 0000 6620. */
export function asMobile(text) {
  return text.replace(/^(\d{3})(\d{1,4})?(\d+)?$/, (_, a, b, c) => [a, b, c].filter(Boolean).join(" "));
}

/** An identity number as 330106 19900307 2816. */
export function asIdentity(text) {
  return [text.slice(0, 6), text.slice(6, 14), text.slice(14)].filter(Boolean).join(" ");
}

/** Digits only, at most `most`. */
export function digits(most) {
  return (text) => text.replace(/[^\d]/g, "").slice(0, most);
}

/** Digits and a closing X, at most eighteen. */
export function identityCharacters(text) {
  return text.toUpperCase().replace(/[^\dX]/g, "").slice(0, 18);
}

/**
 * A text field. Options: label, hint, inputmode, autocomplete, keep(text), group(text), maxlength, money, after (node).
 * Answers {element, input, value(), error(text), focus()}; `value()` is what was kept, without the grouping.
 */
export function field(options) {
  const id = freshId("field");
  const hintId = options.hint ? id + "-hint" : null;
  const keep = options.keep || ((text) => text);
  const input = h("input", {
    id, type: "text", inputmode: options.inputmode || "text", autocomplete: options.autocomplete || "off",
    maxlength: options.maxlength, spellcheck: "false", autocapitalize: "off", value: options.value || "",
    class: options.keep || options.money ? "num" : null, "aria-describedby": described(hintId, id + "-error"),
    enterkeyhint: options.enterkeyhint || "next",
  });
  const box = h("div", { class: options.money ? "input money" : "input" }, options.money ? h("span", null, "¥") : null, input, options.after);
  const line = errorLine(id + "-error");
  const error = (text) => showError(line, box, [input], text);
  input.addEventListener("input", () => {
    if (options.keep) groupAs(input, keep, options.group || ((text) => text));
    error("");
  });
  const element = h("div", { class: "field" }, h("label", { for: id }, options.label), box, line,
    options.hint ? h("div", { class: "hint", id: hintId }, options.hint) : null);
  const set = (text) => { input.value = options.group ? options.group(keep(text)) : text; };
  return { element, input, value: () => keep(input.value).trim(), set, error, focus: () => input.focus() };
}

const AMOUNT = /^\d*(?:\.\d{0,2})?$/;

function bareAmount(text) {
  const bare = text.replace(/[,，\s¥]/g, "");
  return AMOUNT.test(bare) ? bare : text;
}

/** What is no amount stays as it was typed, so that the sentence under it speaks of what is seen. */
function groupedAmount(text) {
  if (!AMOUNT.test(text)) return text;
  const [whole, cents] = text.split(".");
  return grouped(whole) + (cents === undefined ? "" : "." + cents);
}

/**
 * An amount in yuan, typed on the phone's own number pad and grouped as it grows. Options: label, hint, value, all: {fen,
 * label} (a button that fills it in), problem(fen) → sentence or null. Answers a field with `fen()` and `check()`: the amount,
 * or null after its error was said.
 */
export function moneyField(options) {
  const all = options.all ? h("button", { type: "button", class: "btn ghost small", onclick: () => { one.set(plainMoney(options.all.fen)); one.error(""); one.input.dispatchEvent(new Event("input", { bubbles: true })); one.focus(); } }, options.all.label) : null;
  const one = field({ label: options.label, hint: options.hint, inputmode: "decimal", money: true, maxlength: 18, keep: bareAmount, group: groupedAmount, value: groupedAmount(bareAmount(options.value || "")), after: all, enterkeyhint: "done" });
  const fen = () => parseYuan(one.value());
  const check = () => {
    const amountFen = fen();
    const wrong = amountFen === null ? t("money.bad") : options.problem ? options.problem(amountFen) : amountFen === 0 ? t("money.bad") : null;
    if (wrong === null) return amountFen;
    one.error(wrong);
    one.focus();
    return null;
  };
  return { ...one, fen, check };
}

/** A value that is known and cannot be typed; an error may still be said about it. */
export function knownField(label, ...values) {
  const line = errorLine(freshId("known"));
  const box = h("div", { class: "input known num", tabindex: "-1" }, values);
  return {
    element: h("div", { class: "field" }, h("div", { class: "label" }, label), box, line),
    error: (text) => showError(line, box, [], text), focus: () => box.focus(), value: () => "",
  };
}

/** One choice of several, as large rows. Options: {value, label, caption}. */
export function choiceField(options) {
  const name = freshId("choice");
  const line = errorLine(name + "-error");
  const inputs = options.choices.map((choice) =>
    h("input", { type: "radio", name, value: choice.value, checked: choice.value === options.value, "aria-describedby": name + "-error" }));
  const rows = options.choices.map((choice, index) => h("label", { class: "choice" }, inputs[index],
    h("span", { class: "grow" }, h("span", null, choice.label), choice.caption ? h("span", { class: "cap" }, choice.caption) : null)));
  const error = (text) => showError(line, null, inputs, text);
  for (const input of inputs) input.addEventListener("change", () => { error(""); if (options.changed) options.changed(input.value); });
  const element = h("fieldset", { class: "field" }, h("legend", { class: options.quiet ? "hide" : null }, options.label), rows, line);
  return {
    element, error, value: () => (inputs.find((one) => one.checked) || { value: "" }).value,
    set: (value) => { for (const one of inputs) one.checked = one.value === value; },
    focus: () => (inputs.find((one) => one.checked) || inputs[0]).focus(),
  };
}

/** One sentence to agree to; `documents` are the texts that it names: [{title, open()}]. */
export function agreeField(text, documents = []) {
  const id = freshId("agree");
  const input = h("input", { type: "checkbox", id, "aria-describedby": id + "-error" });
  const line = errorLine(id + "-error");
  const error = (sentence) => showError(line, null, [input], sentence);
  input.addEventListener("change", () => error(""));
  const links = documents.map((one) => h("button", { type: "button", class: "btn ghost small", onclick: one.open }, one.title));
  const element = h("div", { class: "field" }, h("label", { class: "choice", for: id }, input, h("span", { class: "grow" }, text)), links.length ? h("div", { class: "row wrap" }, links) : null, line);
  return { element, error, value: () => input.checked, set: (value) => { input.checked = Boolean(value); }, focus: () => input.focus() };
}

/** A switch in a row: {label, caption, value, changed(value)}. It moves when `changed` is done, and stays when that fails. */
export function switchField(options) {
  const id = freshId("switch");
  const element = h("button", { type: "button", class: "item switch", role: "switch", "aria-checked": String(Boolean(options.value)), "aria-labelledby": id, "aria-describedby": options.caption ? id + "-more" : null },
    h("span", { class: "grow" }, h("b", { id }, options.label), options.caption ? h("span", { class: "cap line", id: id + "-more" }, options.caption) : null), h("i", { "aria-hidden": "true" }));
  const value = () => element.getAttribute("aria-checked") === "true";
  element.addEventListener("click", async () => {
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    try {
      await options.changed(!value());
      element.setAttribute("aria-checked", String(!value()));
    } catch (error) {
      toast(sentence(troubleOf(error)));
    } finally {
      element.removeAttribute("aria-busy");
    }
  });
  return { element, value };
}

/** Tabs over what is shown: {label, choices: [{value, label}], value, changed(value)}. */
export function segments(options) {
  const name = freshId("segment");
  const rows = options.choices.map((choice) => h("label", null,
    h("input", { type: "radio", name, value: choice.value, checked: choice.value === options.value, onchange: () => options.changed(choice.value) }), h("span", null, choice.label)));
  return h("fieldset", { class: "segments" }, h("legend", { class: "hide" }, options.label), rows);
}

/** A button that keeps its label and shows a ring while `work` runs; a second press meanwhile does nothing. */
export function button(label, options, work) {
  const mark = options.icon ? icon(options.icon, "i16") : null;
  const element = h("button", { type: options.submit ? "submit" : "button", class: "btn " + (options.class || "") }, mark, h("span", null, label));
  const run = async (event) => {
    if (event) event.preventDefault();
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    const ring = h("span", { class: "ring", "aria-hidden": "true" });
    const soon = setTimeout(() => { if (mark) mark.replaceWith(ring); else element.prepend(ring); }, 150);
    try {
      await work();
    } catch (error) {
      toast(sentence(troubleOf(error)));
    } finally {
      clearTimeout(soon);
      if (mark) ring.replaceWith(mark);
      else ring.remove();
      element.removeAttribute("aria-busy");
    }
  };
  if (!options.submit) element.addEventListener("click", run);
  return { element, run };
}

/** A form whose action bar holds one primary button; Enter in a field submits as well. */
export function form(fields, submit) {
  const element = h("form", { class: "form", novalidate: true, id: freshId("form") }, fields);
  element.addEventListener("submit", submit.run);
  submit.element.setAttribute("form", element.id);
  return element;
}
