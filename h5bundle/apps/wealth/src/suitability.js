// The suitability questions, one a screen, and the level they give. Questions and scores are the bank's data. What was
// answered is kept as a draft of the questions' version, so that it goes on where it was left.

function questionScreen(place, sheet, index, resumed) {
  const question = sheet.questions[index];
  const last = index === sheet.questions.length - 1;
  const line = formLine();
  const choices = question.options.map((option) => ({ value: option.id, label: said(option.text) }));
  const choice = choiceField({ label: said(question.text), quiet: true, choices, value: sheet.given[question.id], changed: (value) => { sheet.given[question.id] = value; quietly(sheet.draft.keep({ version: sheet.version, given: sheet.given })); } });
  const next = button(t(last ? "assess.send" : "assess.next"), { class: "primary", submit: true }, async () => {
    line.clear();
    if (!choice.value()) {
      choice.error(t("assess.choose"));
      choice.focus();
    } else if (last) await sendAnswers(place, sheet, line);
    else questionScreen(place, sheet, index + 1);
  });
  const previous = button(t("assess.previous"), {}, async () => questionScreen(place, sheet, index - 1));
  const progress = t("assess.progress", { now: index + 1, all: sheet.questions.length });
  place.show({
    title: t("title.assess"), action: h("div", { class: "pair" }, index > 0 ? previous.element : null, next.element),
    body: [h("div", { class: "head" }, h("p", { class: "cap num" }, progress, resumed ? " · " + t("assess.resumed") : null), gauge(share(index + 1, sheet.questions.length), progress), h("h1", { class: "question" }, said(question.text))),
      form([choice.element, line.element], next)],
  });
}

async function sendAnswers(place, sheet, line) {
  try {
    const result = await sheet.attempt.send(null, { version: sheet.version, answers: sheet.given });
    await sheet.draft.drop();
    levelScreen(place, result);
  } catch (error) {
    const trouble = troubleOf(error);
    line.say(sentence(trouble), trouble);
  }
}

function levelScreen(place, result) {
  const then = place.params.code ? "/product/" + place.params.code : "/";
  place.show({
    title: t("title.assess"),
    body: [h("div", { class: "state" }, h("span", { class: "tile ok" }, icon("check", "i24")), h("h1", null, h("span", { class: "cap line" }, t("assess.done")), h("span", { class: "amount line" }, levelName(result.level))),
      h("p", null, t("assess.range", { range: risksOf(result.level) })),
      h("p", { class: "cap" }, t("assess.valid", { date: day(result.validUntil) }), result.leftToday > 0 ? h("span", { class: "line" }, t("assess.left", { left: result.leftToday })) : null))],
    action: button(t(place.params.code ? "end.product" : "assess.list"), { class: "primary block" }, async () => go(then, true)).element,
  });
}

async function assessView(place) {
  const obtain = async () => ({ ...(await ask("wealth.suitability.questions")), draft: await openDraft("assess"), attempt: new Attempt("wealth.suitability.assess") });
  await place.load(t("title.assess"), "adddd", obtain, (sheet) => {
    const { version, given } = sheet.draft.values;
    const kept = version === sheet.version ? { ...given } : {};
    const open = sheet.questions.findIndex((question) => !kept[question.id]);
    questionScreen(place, { ...sheet, given: kept }, open < 0 ? sheet.questions.length - 1 : open, open !== 0);
  });
}
