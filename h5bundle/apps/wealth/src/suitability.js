// The suitability questions, one a screen, and the level they give. Questions and scores are the bank's data.

const answers = { version: "", given: {} };

function questionScreen(place, sheet, index) {
  const question = sheet.questions[index];
  const last = index === sheet.questions.length - 1;
  const line = formLine();
  const choices = question.options.map((option) => ({ value: option.id, label: said(option.text) }));
  const choice = choiceField({ label: said(question.text), quiet: true, choices, value: answers.given[question.id], changed: (value) => { answers.given[question.id] = value; } });
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
    body: [h("div", { class: "head" }, h("p", { class: "cap num" }, progress), gauge(share(index + 1, sheet.questions.length), progress), h("h1", { class: "question" }, said(question.text))),
      form([choice.element, line.element], next)],
  });
}

async function sendAnswers(place, sheet, line) {
  try {
    const result = await sheet.attempt.send(null, { version: sheet.version, answers: { ...answers.given } });
    levelScreen(place, result);
  } catch (error) {
    const trouble = troubleOf(error);
    line.say(sentence(trouble), trouble);
  }
}

function levelScreen(place, result) {
  answers.given = {};
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
  const obtain = () => ask("wealth.suitability.questions");
  await place.load(t("title.assess"), "adddd", obtain, (sheet) => {
    if (answers.version !== sheet.version) answers.given = {};
    answers.version = sheet.version;
    questionScreen(place, { ...sheet, attempt: new Attempt("wealth.suitability.assess") }, 0);
  });
}
