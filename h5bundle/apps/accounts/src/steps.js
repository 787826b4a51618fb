// The frame of each step of opening: the stepper above, one primary button below, troubles under their fields.

const STEPS = ["step.identity", "step.code", "step.card", "step.tax", "step.end"];

function stepHead(now, title, text) {
  return [stepper(STEPS.map((name) => t(name)), now), pageHead(title, text)];
}

/**
 * Draw a step that sends something. Options: {place, now, title, text, fields: {name: field}, extra (nodes under the
 * fields), foot (nodes at the end), label, codes: {CODE: field name}, check(), send(), done(answer), pending(line)}.
 */
function formStep(options) {
  const line = formLine();
  const fields = options.fields;
  const submit = button(options.label, { class: "primary block", submit: true }, async () => {
    if (!filled(line, fields, options.check)) return;
    try {
      await options.done(await options.send());
    } catch (error) {
      stepTrouble(options, troubleOf(error), line);
    }
  });
  const element = form([Object.values(fields).map((one) => one.element), options.extra || null, line.element], submit);
  options.place.show({
    title: t("title.open"), body: [stepHead(options.now, options.title, options.text), element, h("div", { class: "grow" }), options.foot || null],
    action: submit.element,
  });
}

/** An application that lapsed begins anew; one that moved on is drawn where it stands; all else stays at its field. */
function stepTrouble(options, trouble, line) {
  if (trouble.code === "APPLICATION_EXPIRED") lapsedScreen(options.place, trouble);
  else if (trouble.code === "STATE_CONFLICT" && trouble.extra.state) quietly(openingView(options.place, true));
  else if (trouble.code === "CARD_CHECK_PENDING") options.pending(line);
  else placeTrouble(trouble, options.codes, options.fields, line.say);
}

/** Mark every empty field and give the first. */
function firstEmpty(fields) {
  const empty = Object.values(fields).filter((one) => one.input && !one.value());
  for (const one of empty) one.error(t("required", { label: one.element.querySelector("label").textContent }));
  return empty[0] || null;
}

/** Tell whether a form may be sent: its line is cleared, and the field that `check` objects to, an empty one, gets the focus. */
function filled(line, fields, check = () => firstEmpty(fields)) {
  line.clear();
  const wrong = check();
  if (wrong) wrong.focus();
  return !wrong;
}

/** The code of the sandbox, in a small note with a button that fills it in. */
function sandboxNote(code, target) {
  if (!code) return null;
  const fill = button(t("sandbox.fill"), { class: "ghost small" }, async () => {
    target.input.value = code;
    target.error("");
    target.focus();
  });
  return note("info", "info", h("span", { class: "num" }, t("sandbox.code", { code })), fill.element);
}
