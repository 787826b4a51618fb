// How far an application is, what the bank still asks for, and withdrawing it.

const STEPS = ["SUBMITTED", "APPROVED", "EMBOSSING", "MAILED", "ACTIVATED"];
const WITHDRAWABLE = ["DRAFT", "SUBMITTED", "IN_REVIEW", "SUPPLEMENT"];

function stops(application) {
  const at = Object.fromEntries(application.steps.map((one) => [one.step, one.at]));
  const found = STEPS.map((name) => ({ name, title: t("step." + name), caption: at[name] ? moment(at[name]) : null, state: at[name] ? "done" : "next" }));
  if (application.state === "DECLINED") {
    const declined = { title: t("state.DECLINED"), caption: at.DECLINED ? moment(at.DECLINED) : null, state: "bad" };
    return [found[0], declined];
  }
  const next = found.find((one) => one.state === "next");
  const going = !["EXPIRED", "WITHDRAWN", "CLOSED", "LOST", "UNMADE"].includes(application.state);
  if (next && going) {
    next.state = "now";
    if (application.state === "MAILED") next.action = button(t("progress.activate"), { class: "small" }, async () => go("/activate/" + application.cardId)).element;
    if (["IN_REVIEW", "SUPPLEMENT"].includes(application.state)) next.caption = t("state." + application.state);
  }
  return found;
}

function documentRow(application, kind, given, line) {
  const send = new Attempt("cards.application.document");
  const press = button(t("document.choose"), { class: "small" }, async () => {
    line.clear();
    try {
      const picked = await desk.bridge.media.pick({ kind: "image" });
      const params = { applicationId: application.applicationId, kind };
      send.prepare(params, picked.files[0].fileToken);
      const answer = await desk.bridge.net.upload({ op: "cards.application.document", params, fileToken: picked.files[0].fileToken, idempotencyKey: send.key });
      if (answer.status >= 400) throw troubleOf({ name: "BridgeError", code: "UPSTREAM_ERROR", details: answer.body });
      given.add(kind);
      press.element.replaceWith(chip(t("document.given"), "ok"));
    } catch (error) {
      const trouble = troubleOf(error);
      line.say(sentence(trouble), trouble);
    }
  });
  return h("li", { class: "item" }, h("span", { class: "grow" }, h("b", null, t("document." + kind))), press.element);
}

function supplementCard(application) {
  if (application.state !== "SUPPLEMENT") return null;
  const line = formLine();
  const given = new Set();
  const again = new Attempt("cards.application.resubmit");
  const done = button(t("document.send"), { class: "primary block" }, async () => {
    try {
      await again.send({ applicationId: application.applicationId });
      redraw();
    } catch (error) {
      const trouble = troubleOf(error);
      line.say(sentence(trouble), trouble);
    }
  });
  return h("section", { class: "card" }, h("h2", null, t("document.title")), h("p", { class: "soft" }, t("document.text", { date: day(application.expiresAt) })),
    h("ul", { class: "list" }, application.asked.map((kind) => documentRow(application, kind, given, line))), line.element, done.element);
}

function why(application) {
  if (application.state !== "DECLINED") return null;
  const again = application.applyAgainFrom ? h("p", { class: "soft" }, t("progress.again", { date: fullDay(application.applyAgainFrom) })) : null;
  return [note("bad", "info", t("reason." + application.reason)), again];
}

function withdrawButton(application) {
  if (!WITHDRAWABLE.includes(application.state)) return null;
  const attempt = new Attempt("cards.application.withdraw");
  return button(t("progress.withdraw"), { class: "block" }, async () => {
    await attempt.send({ applicationId: application.applicationId });
    await dropDrafts("apply." + application.applicationId);
    toast(t("progress.withdrawn"));
    redraw();
  }).element;
}

function drawProgress(place, application, seenAt, still) {
  if (still) toast(t("progress.moved", { state: t("state." + application.state) }));
  place.show({
    title: t("title.progress"), still, action: withdrawButton(application),
    body: [h("div", { class: "head" }, h("h1", null, said(application.productName)), h("div", { class: "row wrap" }, stateChip(application.state))), place.staleNote(seenAt), why(application),
      supplementCard(application), h("section", { class: "card" }, tracker(stops(application))),
      application.lineFen ? h("section", { class: "card" }, facts([[t("term.line"), money(application.lineFen)]])) : null],
  });
}

async function progressView(place) {
  const params = { applicationId: place.params.application };
  await watchedView(place, {
    title: t("title.progress"), bones: "cc", op: "cards.application.get", params, open: isMoving, every: SPARING_MILLISECONDS,
    draw: (one, seenAt, still) => { if (one.state === "DRAFT") go("/apply/" + one.applicationId, true); else drawProgress(place, one, seenAt, still); },
  });
}
