// Applying: one section a screen, saved by the bank each time and typed text kept by the phone, so it goes on where it was left.

function asked(question, answers) {
  return Object.entries(question.when).every(([name, wanted]) => wanted.includes(answers[name]));
}

/** The field of a question; it answers `text()`: what the bank keeps, or null after its error was said. */
function questionField(question, value, changed) {
  const label = said(question.text);
  if (question.kind === "choice") {
    const choices = question.options.map((option) => ({ value: option.id, label: said(option.text) }));
    return { ...choiceField({ label, choices, value, changed }), text: (one) => one.value() };
  }
  if (question.kind === "money") {
    return { ...moneyField({ label, value: value ? plainMoney(Number(value)) : "" }), text: (one) => { const fen = one.check(); return fen === null ? null : String(fen); } };
  }
  const number = question.kind === "number" || question.kind === "postcode";
  const options = { label, value, maxlength: question.kind === "mobile" ? 13 : question.most, inputmode: question.kind === "text" ? "text" : "numeric" };
  if (question.kind === "mobile") Object.assign(options, { keep: digits(11), group: asMobile, value: asMobile(value || "") });
  if (number) Object.assign(options, { keep: digits(question.kind === "postcode" ? 6 : 2) });
  return { ...field(options), text: (one) => one.value() };
}

function collect(fields, questions) {
  const answers = {};
  for (const question of questions) {
    const one = fields[question.id];
    if (one.element.hidden) continue;
    const text = one.text(one);
    if (text === null) return null;
    if (text === "") {
      one.error(t("required", { label: said(question.text) }));
      one.focus();
      return null;
    }
    answers[question.id] = text;
  }
  return answers;
}

async function sectionScreen(place, form_, application, index) {
  const section = form_.sections[index];
  const line = formLine();
  const fields = {};
  const show = () => {
    const now = Object.fromEntries(section.questions.map((question) => [question.id, fields[question.id].value()]));
    for (const question of section.questions) fields[question.id].element.hidden = !asked(question, now);
  };
  const saved = application.answers[section.id] || {};
  for (const question of section.questions) fields[question.id] = questionField(question, saved[question.id] || "", () => show());
  const draft = await openDraft("apply." + application.applicationId, section.id);
  draft.bind(fields);
  show();
  const attempt = new Attempt("cards.application.save");
  const next = button(t("apply.next"), { class: "primary", submit: true }, async () => {
    line.clear();
    const answers = collect(fields, section.questions);
    if (answers === null) return;
    try {
      await attempt.send({ applicationId: application.applicationId, section: section.id }, { answers });
      await draft.drop();
      application.answers[section.id] = answers;
      await turnSection(place, form_, application, index + 1);
    } catch (error) {
      placeTrouble(troubleOf(error), {}, fields, line.say);
    }
  });
  const previous = button(t("apply.previous"), {}, async () => turnSection(place, form_, application, index - 1));
  place.show({
    title: t("title.apply"), action: h("div", { class: "pair" }, index > 0 ? previous.element : null, next.element),
    body: [stepsOf(form_, index), pageHead(said(section.title)),
      form([section.questions.map((question) => fields[question.id].element), line.element], next),
      note("tide", "shield", t("apply.kept"))],
  });
}

function stepsOf(form_, now) {
  return stepper([...form_.sections.map((section) => said(section.title)), t("apply.last")], now);
}

async function turnSection(place, form_, application, index) {
  if (index < form_.sections.length) await sectionScreen(place, form_, application, index);
  else consentScreen(place, form_, application);
}

function textSheet(text) {
  pageSheet(said(text.title), [h("p", null, said(text.text)), h("p", { class: "cap mono wrap" }, text.version)]);
}

function consentScreen(place, form_, application) {
  const line = formLine();
  const boxes = form_.texts.map((text) => ({ text, box: agreeField(t("apply.agree", { title: said(text.title) }), [{ title: t("apply.read"), open: () => textSheet(text) }]) }));
  const consent = new Attempt("cards.application.consent");
  const submit = new Attempt("cards.application.submit");
  const send = button(t("apply.send"), { class: "primary", submit: true }, async () => {
    line.clear();
    const missing = boxes.find(({ box }) => !box.value());
    if (missing) {
      missing.box.error(t("apply.agree.first"));
      missing.box.focus();
      return;
    }
    const params = { applicationId: application.applicationId };
    try {
      for (const { text } of boxes) await consent.send(params, { kind: text.kind, version: text.version, sha256: text.sha256 });
      await submit.send(params);
      await dropDrafts("apply." + application.applicationId);
      go("/progress/" + application.applicationId, true);
    } catch (error) {
      const trouble = troubleOf(error);
      line.say(sentence(trouble), trouble);
    }
  });
  const previous = button(t("apply.previous"), {}, async () => turnSection(place, form_, application, form_.sections.length - 1));
  place.show({
    title: t("title.apply"), action: h("div", { class: "pair" }, previous.element, send.element),
    body: [stepsOf(form_, form_.sections.length), pageHead(t("apply.last.title")),
      form([boxes.map(({ box }) => box.element), line.element], send), note("info", "info", t("apply.bureau"))],
  });
}

async function applyView(place) {
  const params = { applicationId: place.params.application };
  const obtain = async () => ({ form_: await ask("cards.form"), application: await ask("cards.application.get", params) });
  await place.load(t("title.apply"), "add", obtain, async ({ form_, application }) => {
    if (application.state !== "DRAFT") {
      go("/progress/" + application.applicationId, true);
      return;
    }
    const first = form_.sections.findIndex((section) => application.missing.includes(section.id));
    await turnSection(place, form_, application, first < 0 ? form_.sections.length : first);
  });
}
