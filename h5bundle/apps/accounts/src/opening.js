// Opening a class II account, one step a screen. Where the customer stands is the server's application, so leaving and
// coming back continues there.

const POLL_MILLISECONDS = 2000;
const POLL_MOST = 20;
const RESEND_SECONDS = 60;
const OPENING = "opening";
const SUBMITTED = ["SUBMITTED", "CORE_UNKNOWN"];

/** What to draw for an application's state. */
const SCREENS = { ID_CHECK: codeStep, BIND_VERIFY: cardStep, CRS: taxStep, SUBMITTED: waitStep, CORE_UNKNOWN: waitStep, OPEN: openStep, REJECTED: rejectedStep };

async function currentApplication() {
  try {
    return await ask("accounts.application.current");
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

function drawApplication(place, application) {
  const screen = SCREENS[application.state];
  if (!screen) throw new RangeError("no screen for an application in " + application.state);
  protect(application.state === "BIND_VERIFY");
  return screen(place, application);
}

function protect(enabled) {
  quietly(desk.bridge.screen.protect({ enabled }));
}

function introScreen(place) {
  const need = (mark, name, text) => h("li", { class: "item" }, h("span", { class: "tile" }, icon(mark)),
    h("span", { class: "grow" }, h("b", null, t(name)), h("div", { class: "cap" }, t(text))));
  place.show({
    title: t("title.open"),
    body: [pageHead(t("intro.title"), t("intro.text")),
      listCard(need("user", "intro.need.id", "intro.need.id.text"), need("card", "intro.need.card", "intro.need.card.text"), need("phone", "intro.need.phone", "intro.need.phone.text")),
      h("div", { class: "grow" }), note("info", "lock", t("intro.note"))],
    action: button(t("intro.start"), { class: "primary block" }, async () => go("/open")).element,
  });
}

/** Name, number of the phone and residency may be kept; the identity number, codes and the card are never. */
async function identityStep(place) {
  protect(true);
  const kind = place.params.class === "III" ? "III" : "II";
  const draft = await openDraft(OPENING, "identity");
  const attempt = new Attempt("accounts.application.create");
  const name = field({ label: t("identity.name"), autocomplete: "name" });
  const idNumber = field({ label: t("identity.number"), keep: identityCharacters, group: asIdentity });
  const mobile = field({ label: t("identity.mobile"), inputmode: "tel", autocomplete: "tel-national", keep: digits(11), group: asMobile, hint: t("identity.mobile.hint"), enterkeyhint: "done" });
  draft.bind({ name, mobile });
  formStep({
    place, now: 0, title: t(kind === "III" ? "identity.title.III" : "identity.title"), text: t("identity.text"), fields: { name, idNumber, mobile }, label: t("next"),
    foot: note("info", "lock", t("identity.note")),
    codes: { NAME_INVALID: "name", ID_CHECKSUM: "idNumber", UNDERAGE: "idNumber", DUPLICATE_ACCOUNT: "idNumber", MOBILE_INVALID: "mobile" },
    send: () => attempt.send(null, { name: name.value(), idNumber: idNumber.value(), mobile: mobile.value(), class: kind }),
    done: async (application) => {
      await draft.drop();
      drawApplication(place, application);
    },
  });
}

function resendRow(place, application) {
  const attempt = new Attempt("accounts.application.resend_code");
  const line = formLine();
  const again = button(t("code.resend"), { class: "ghost small" }, async () => {
    try {
      const sent = await attempt.send({ applicationId: application.applicationId }, {});
      codeStep(place, sent, true);
    } catch (error) {
      line.say(sentence(troubleOf(error)));
    }
  });
  const waiting = h("span", { class: "cap num" });
  const row = h("div", null, waiting, again.element, line.element);
  let left = RESEND_SECONDS;
  const tick = () => {
    waiting.textContent = left > 0 ? t("code.wait", { seconds: left }) : "";
    again.element.hidden = left > 0;
    left -= 1;
    if (left >= 0 && place.stands) setTimeout(tick, 1000);
  };
  tick();
  return row;
}

function codeStep(place, application, sentAgain) {
  const attempt = new Attempt("accounts.application.verify_code");
  const code = field({ label: t("code.field"), inputmode: "numeric", autocomplete: "one-time-code", keep: digits(6), enterkeyhint: "done" });
  formStep({
    place, now: 1, title: t("code.title"), text: h("span", { class: "num", role: sentAgain ? "status" : null }, sentAgain ? t("code.sent") + " " : "", t("code.text", { mobile: application.mobile })),
    fields: { code }, label: t("next"), extra: [resendRow(place, application), sandboxNote(application.sandboxCode, code)],
    codes: { CODE_WRONG: "code", CODE_EXPIRED: "code", CODE_LOCKED: "code", REQUEST_INVALID: "code" },
    send: () => attempt.send({ applicationId: application.applicationId }, { code: code.value() }),
    done: (next) => drawApplication(place, next),
  });
}

function cardStep(place, application) {
  const attempt = new Attempt("accounts.application.bind_card");
  const card = field({ label: t("card.number"), inputmode: "numeric", autocomplete: "cc-number", keep: digits(20), group: byFour, enterkeyhint: "done" });
  const name = knownField(t("card.holder"), h("span", { class: "grow" }, application.name), h("span", { class: "cap" }, application.idNumber));
  const mobile = knownField(t("card.mobile"), application.mobile);
  const restart = button(t("card.restart"), { class: "ghost small" }, () => identityStep(place));
  formStep({
    place, now: 2, title: t("card.title"), text: t("card.text"), label: t("next"), fields: { name, idNumber: name, card, mobile },
    extra: h("div", null, restart.element), foot: note("info", "lock", t("card.note", { date: day(application.expiresAt) })),
    codes: { CARD_LUHN: "card", BIND_NOT_CLASS_I: "card", REQUEST_INVALID: "card" }, check: () => firstEmpty({ card }),
    pending: (line) => awaitCard(place, line),
    send: () => attempt.send({ applicationId: application.applicationId }, { cardNumber: card.value() }),
    done: (next) => drawApplication(place, next),
  });
}

/** The card's bank is slow: look again until the application moved on, or it said no. */
function awaitCard(place, line, round = 0) {
  line.say(t("card.pending"));
  if (round < POLL_MOST) {
    setTimeout(async () => {
      if (!place.stands || !line.element.hasChildNodes()) return;
      const next = await quietly(ask("accounts.application.current"));
      if (next && next.state !== "BIND_VERIFY") drawApplication(place, next);
      else awaitCard(place, line, round + 1);
    }, POLL_MILLISECONDS);
  }
}

function lapsedScreen(place, trouble) {
  const again = button(t("end.rejected.again"), { class: "primary" }, () => identityStep(place));
  place.show({ title: t("title.open"), body: state({ mark: "clock", kind: "warn", title: t("expired.title"), text: sentence(trouble), actions: again.element }) });
}

async function taxStep(place, application) {
  const draft = await openDraft(OPENING, "tax");
  const attempt = new Attempt("accounts.application.declare_tax");
  const residency = choiceField({ label: t("tax.residency"), choices: [
    { value: "CN_ONLY", label: t("tax.cn") }, { value: "OTHER", label: t("tax.other") }, { value: "BOTH", label: t("tax.both") }] });
  const declared = agreeField(t("tax.declare"));
  draft.bind({ residency });
  const check = () => {
    if (residency.value()) return null;
    residency.error(t("tax.choose"));
    return residency;
  };
  formStep({
    place, now: 3, title: t("tax.title"), text: t("tax.text"), fields: { residency, declared }, label: t("tax.submit"), check,
    get codes() { return { CRS_REQUIRED: residency.value() === "CN_ONLY" ? "declared" : "residency" }; },
    send: () => attempt.send({ applicationId: application.applicationId }, { residency: residency.value(), declared: declared.value() }),
    done: async (next) => {
      await dropDrafts(OPENING);
      drawApplication(place, next);
    },
  });
}

function waitStep(place, application, round = 0) {
  const unknown = application.state === "CORE_UNKNOWN";
  const check = async () => {
    const next = await ask("accounts.application.current");
    if (!place.stands) return;
    if (SUBMITTED.includes(next.state)) waitStep(place, next, round + 1);
    else drawApplication(place, next);
  };
  place.show({
    title: t("title.open"), still: round > 0,
    body: [stepHead(4, t(unknown ? "end.unknown.title" : "end.wait.title"), t(unknown ? "end.unknown.text" : "end.wait.text")),
      h("section", { class: "card", "aria-live": "polite" }, tracker([
        { title: t("end.submitted"), state: "done" }, { title: t("end.core"), state: "now" }, { title: t("end.bind"), state: "next" }]))],
    action: button(t("end.ask"), { class: "block", icon: "refresh" }, () => quietly(check())).element,
  });
  if (round < POLL_MOST) setTimeout(() => { if (place.stands) quietly(check()); }, POLL_MILLISECONDS);
}

async function bindDevice(line) {
  line.clear();
  try {
    await desk.bridge.device.bind();
    go("/", true);
  } catch (error) {
    const trouble = troubleOf(error);
    const words = { cancelled: t("end.bind.cancelled"), unknown: t("end.bind.failed") };
    line.say(words[trouble.kind] || sentence(trouble), trouble);
  }
}

function openStep(place, application) {
  const line = formLine();
  const second = application.class === "III";
  place.show({
    title: t("title.open"),
    body: [stepHead(4, t("end.open.title")),
      h("section", { class: "card" }, facts([
        [t("class." + application.class), application.account ? application.account.number : ""],
        application.card ? [t("end.open.card"), t("home.card.value", { bank: bankOf(application.card), tail: application.card.tail })] : null])),
      second ? null : h("section", { class: "card" }, h("h2", null, t("end.bind.title")), h("p", { class: "soft" }, t("end.bind.text"))), line.element],
    action: second ? homeButton().element : button(t("end.bind"), { class: "primary block", icon: "key" }, () => bindDevice(line)).element,
  });
}

function rejectedStep(place, application) {
  const again = button(t("end.rejected.again"), { class: "primary" }, () => identityStep(place));
  place.show({
    title: t("title.open"),
    body: state({ mark: "x", kind: "bad", title: t("end.rejected.title"), text: said(application.reason) || t("end.rejected.text"), actions: again.element }),
  });
}

/** The page of opening: the introduction, or the step at which the application stands. */
async function openingView(place, begin) {
  await place.load(t("title.open"), "abd", currentApplication, (application) => {
    if (application && (!place.params.class || place.params.class === application.class)) return drawApplication(place, application);
    if (begin) return identityStep(place);
    introScreen(place);
    return null;
  });
}
