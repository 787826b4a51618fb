// Drafts: what was typed into a form and not sent yet, kept by the phone for a form and a step, so that it survives a
// reload and the end of the app. A draft goes when its form is done, when the customer leaves, and after seven days.

const DRAFTS = "drafts";
const DRAFT_DAYS = 7;
const DRAFT_PAUSE = 250;
const drafts = { kept: null };

async function allDrafts() {
  if (drafts.kept) return drafts.kept;
  const answer = await quietly(desk.bridge.store.get({ key: DRAFTS }));
  const fresh = Object.entries((answer && answer.value) || {}).filter(([, draft]) => Date.now() - Date.parse(draft.at) < DRAFT_DAYS * 24 * 3600 * 1000);
  drafts.kept = Object.fromEntries(fresh);
  return drafts.kept;
}

async function writeDrafts() {
  if (Object.keys(drafts.kept).length) await quietly(desk.bridge.store.set({ key: DRAFTS, value: drafts.kept }));
  else await quietly(desk.bridge.store.remove({ key: DRAFTS }));
}

/** The draft of one step of one form. */
class Draft {
  constructor(name, values) {
    this.name = name;
    this.values = values;
    this.timer = 0;
    this.done = false;
  }

  /**
   * Put what was kept into the fields and keep what is typed from now on. Name only fields that may be kept: never a code,
   * a password or a whole card number.
   */
  bind(fields) {
    for (const [name, one] of Object.entries(fields)) {
      if (this.values[name] !== undefined) one.set(this.values[name]);
      one.element.addEventListener("input", () => this.soon(fields));
      one.element.addEventListener("change", () => this.soon(fields));
    }
  }

  soon(fields) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.value()]))), DRAFT_PAUSE);
  }

  /** Keep these values now. */
  async keep(values) {
    if (this.done) return;
    this.values = values;
    (await allDrafts())[this.name] = { at: new Date().toISOString(), values };
    await writeDrafts();
  }

  /** The step is done: forget it. */
  async drop() {
    this.done = true;
    clearTimeout(this.timer);
    delete (await allDrafts())[this.name];
    await writeDrafts();
  }
}

/** The draft of a form's step: openDraft("transfer", "payee"). */
export async function openDraft(form, step) {
  const name = step ? form + "." + step : form;
  const kept = (await allDrafts())[name];
  return new Draft(name, (kept && kept.values) || {});
}

/** Forget every draft, or those of one form. */
export async function dropDrafts(form) {
  for (const name of Object.keys(await allDrafts())) if (!form || name === form || name.startsWith(form + ".")) delete drafts.kept[name];
  await writeDrafts();
}
