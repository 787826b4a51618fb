// Orders that the device signs. What is asked for is kept before the bank's slip rises and forgotten when its end is
// certain, so a lost answer, a reload or the end of the app never hides an order and never makes a second one.

const GRACE_MILLISECONDS = 60000;
const WATCH_MILLISECONDS = 3000;
const WATCH_MOST = 40;
const OUTCOMES = { CHALLENGE_INVALID: "expired", CHALLENGE_EXPIRED: "expired", APPROVAL_EXPIRED: "expired", CHALLENGE_USED: "unknown", USER_VERIFICATION_FAILED: "unverified", LOCKED_OUT: "locked" };
const OUTCOME_KINDS = { cancelled: "cancelled", unbound: "unbound", refused: "refused", auth: "unbound", busy: "refused", limited: "refused" };
const OUTCOME_MARKS = { cancelled: ["x", "plain"], expired: ["clock", "warn"], unverified: ["lock", "warn"], locked: ["lock", "bad"], unbound: ["phone", "warn"], refused: ["x", "bad"], unknown: ["clock", "warn"] };

/** What a trouble of the bank's slip means for the order: a name of OUTCOMES; "unknown" whenever it is not certain. */
function outcomeOf(trouble) {
  if (trouble.bridge === "CHALLENGE_INVALID" && trouble.code !== "CHALLENGE_USED") return "expired";
  return OUTCOMES[trouble.code] || OUTCOME_KINDS[trouble.kind] || "unknown";
}

/**
 * One kind of order, from the slip to its end. Options:
 * - kind: names what is kept ("purchase"); what: key of its word ("what.purchase": 申购), which fills {what} in the texts;
 * - result: path of the page that shows an end, `view` of this object; list: path of all orders, with `listLabel`;
 * - rows(about) → [[label, value]]: what was asked for, from what was kept;
 * - order(result) → path: where the order stands that the slip's answer names, or null;
 * - find(pending) → path: look for the order of pending.operationId, or null when there is none yet;
 * - again(about) → path: where to begin anew; back: {label, path(about)}: where else to go.
 */
export class Signing {
  constructor(options) {
    this.options = options;
    this.key = "pending." + options.kind;
    this.outcome = null;
  }

  get words() {
    return { what: t(this.options.what), list: t(this.options.listLabel) };
  }

  /** Prepare by an Attempt and have the slip signed; `about` (plain data) is kept beside it. Raises what preparing refuses. */
  async ask(attempt, params, body, about) {
    const asked = await attempt.send(params, body);
    attempt.renew();
    await this.sign(asked, about);
  }

  /** Have the bank's slip of {challengeId, operationId, expiresAt} signed, and go where its end leads. */
  async sign(asked, about) {
    const pending = { operationId: asked.operationId, expiresAt: asked.expiresAt, about };
    await quietly(desk.bridge.store.set({ key: this.key, value: pending }));
    try {
      const signed = await desk.bridge.tx.sign({ challengeId: asked.challengeId });
      const path = signed.result ? this.options.order(signed.result) : null;
      if (path) {
        await this.drop();
        go(path, true);
        return;
      }
      this.outcome = { name: "unknown", pending };
    } catch (error) {
      const trouble = troubleOf(error);
      this.outcome = { name: outcomeOf(trouble), pending, text: trouble.text, code: trouble.code };
      if (this.outcome.name !== "unknown") await this.drop();
    }
    go(this.options.result, true);
  }

  /** What was asked for and has no certain end yet: {operationId, expiresAt, about}, or null. */
  async pending() {
    const kept = await quietly(desk.bridge.store.get({ key: this.key }));
    return (kept && kept.value) || null;
  }

  drop() {
    return quietly(desk.bridge.store.remove({ key: this.key }));
  }

  /** A note with a way to the result while something is pending, or null. */
  async waitingNote() {
    if (!(await this.pending())) return null;
    return note("warn", "clock", t("sign.waiting", this.words), button(t("sign.ask"), { class: "ghost small" }, async () => go(this.options.result)).element);
  }

  /** The page of `result`: how the last one ended, or that it is still being looked for. */
  async view(place) {
    const pending = this.outcome ? null : await this.pending();
    const outcome = this.outcome || (pending && { name: "unknown", pending });
    this.outcome = null;
    if (outcome) this.draw(place, outcome);
    else go("/", true);
  }

  /** Look for the order of an operation whose end is not known; past its time and the grace there is none. */
  async look(place, pending, line) {
    line.clear();
    try {
      const path = await this.options.find(pending);
      if (path) {
        await this.drop();
        go(path, true);
      } else if (Date.now() > Date.parse(pending.expiresAt) + GRACE_MILLISECONDS) {
        await this.drop();
        this.draw(place, { name: "expired", pending, text: t("sign.missing.text", this.words) });
      } else line.say(t("sign.still"));
    } catch (error) {
      const trouble = troubleOf(error);
      line.say(sentence(trouble, true), trouble);
    }
  }

  draw(place, outcome) {
    const { pending, name } = outcome;
    const [mark, kind] = OUTCOME_MARKS[name];
    const line = formLine();
    const own = ["refused", "expired"].includes(name) ? outcome.text : "";
    place.show({
      title: t("sign.title"), action: this.ways(place, outcome, line),
      body: [state({ mark, kind, title: t("sign." + name + ".title", this.words), text: own || t("sign." + name + ".text", this.words), code: name === "refused" ? outcome.code : "" }),
        h("section", { class: "card" }, facts(this.options.rows(pending.about))), line.element],
    });
  }

  ways(place, { name, pending }, line) {
    const { options } = this;
    if (name === "unbound") return bindButton("primary block");
    if (name === "unknown") {
      return [button(t("sign.ask"), { class: "primary block", icon: "refresh" }, () => this.look(place, pending, line)).element,
        button(t(options.listLabel), { class: "block" }, async () => go(options.list, true)).element];
    }
    return [button(t("sign.again", this.words), { class: "primary block" }, async () => go(options.again(pending.about), true)).element,
      options.back ? button(t(options.back.label), { class: "block" }, async () => go(options.back.path(pending.about), true)).element : null];
  }
}

/** Wait for the next look: so many milliseconds, while the page can be seen, or until it is seen again; tell whether it is. */
function nextLook(milliseconds) {
  return new Promise((resolve) => {
    const seen = () => {
      if (!document.hidden) wake(true);
    };
    const wake = (again) => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      resolve(again);
    };
    const timer = milliseconds && setTimeout(() => { if (!document.hidden) wake(false); }, milliseconds);
    document.addEventListener("visibilitychange", seen);
  });
}

/**
 * Ask again for something whose end is not known, until it has one: {now, open(value), obtain(), draw(value), every}. It is
 * drawn when its `state` is another. It stops when the page goes, and after 40 looks, `every` milliseconds apart (3,000), until
 * the page is seen again; nobody is asked while it cannot be seen. Silence in between changes nothing.
 */
export function watch(place, options) {
  quietly(lookAgain(place, options));
}

async function lookAgain(place, options) {
  let { now } = options;
  let round = 0;
  while (options.open(now)) {
    const seen = await nextLook(round < WATCH_MOST ? options.every || WATCH_MILLISECONDS : 0);
    if (!place.stands) return;
    const next = (await quietly(options.obtain())) || now;
    if (!place.stands) return;
    if (next.state !== now.state) options.draw(next);
    now = next;
    round = seen ? 0 : round + 1;
  }
}

/**
 * The page of something that comes to an end: {title, bones, op, params, open(value), draw(value, seenAt, still), every}. What
 * was last seen without a network is drawn and not asked for again.
 */
export async function watchedView(place, options) {
  await place.load(options.title, options.bones, () => look(options.op, options.params), ({ data, seenAt }) => {
    options.draw(data, seenAt, false);
    if (!seenAt) watch(place, { now: data, open: options.open, every: options.every, obtain: () => ask(options.op, options.params), draw: (next) => options.draw(next, null, true) });
  });
}
