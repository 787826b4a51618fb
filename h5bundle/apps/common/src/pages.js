// The pages of a bundle: opened from the address's fragment, drawn one at a time, with title, way back and first-screen notice.

const JUST_OPENED = 1500;
const pages = { routes: [], turn: 0, ready: false, current: null, startedAt: 0, going: false, returning: false };

/** A part of the address as it was meant; one that is broken stays as it is. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function match(route, path) {
  const wanted = route.path.split("/");
  const found = path.split("/");
  if (wanted.length !== found.length) return null;
  const params = {};
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = decoded(found[index]);
    else if (part !== found[index]) return null;
  }
  return params;
}

function here() {
  const path = location.hash.replace(/^#/, "") || "/";
  for (const route of pages.routes) {
    const params = match(route, path);
    if (params) return { route, params };
  }
  return { route: pages.routes[0], params: {} };
}

/** Go to a page of this bundle; `instead` leaves no trace of the present one. */
export function go(path, instead) {
  pages.going = true;
  if (location.hash === "#" + path) turnTo();
  else if (instead) location.replace("#" + path);
  else location.hash = "#" + path;
}

/** Back to where this page hangs: not a new way, so a list stands where it stood. */
function goBack() {
  location.replace("#" + pages.current.up);
}

/** Open another bundle of the bank. */
export async function openBundle(route) {
  try {
    await desk.bridge.nav.open({ route, params: {} });
  } catch (error) {
    toast(sentence(troubleOf(error)));
  }
}

/** The button for a device without a customer: it leads to the accounts, where devices are bound. */
export function bindButton(kind = "primary") {
  return button(t("bound.action"), { class: kind }, () => openBundle("accounts")).element;
}

function settle(title, up) {
  document.title = title;
  quietly(desk.bridge.ui.setTitleBar({ title }));
  quietly(desk.bridge.nav.setBackGuard({ enabled: Boolean(up) }));
  const first = !pages.ready;
  pages.ready = true;
  if (first) quietly(desk.bridge.app.ready());
  return first;
}

class Place {
  constructor(turn, route, params) {
    this.turn = turn;
    this.up = route.up || null;
    this.fresh = Boolean(route.fresh);
    this.params = params;
    this.again = null;
    this.returning = pages.returning;
  }

  get stands() {
    return this.turn === pages.turn;
  }

  /** Draw: {title, body, action}. The first heading takes the focus, so that it is read out. */
  show(screen) {
    if (!this.stands) return;
    const main = h("main", { class: "page", id: "page" }, screen.body);
    refill(document.getElementById("app"), main, screen.action ? h("footer", { class: "actionbar" }, screen.action) : null);
    const first = settle(screen.title, this.up);
    const heading = main.querySelector("h1");
    if (heading && !first && !screen.still) {
      heading.setAttribute("tabindex", "-1");
      heading.focus({ preventScroll: true });
    }
  }

  /** Fetch and draw: a skeleton after 300 ms, a state with a way out when it fails. */
  async load(title, bones, obtain, draw) {
    this.again = () => this.load(title, bones, obtain, draw);
    const soon = setTimeout(() => this.show({ title, body: skeleton(bones), still: true }), 300);
    try {
      const answer = await obtain();
      clearTimeout(soon);
      if (this.stands) draw(answer);
    } catch (error) {
      clearTimeout(soon);
      if (this.stands) this.showTrouble(title, troubleOf(error));
    }
  }

  showTrouble(title, trouble) {
    const retry = button(t(TROUBLES[trouble.kind] === "auth" ? "auth.action" : "retry"), { class: "primary", icon: "refresh" }, () => this.again());
    const actions = trouble.kind === "unbound" || trouble.kind === "auth" ? [pages.unbound ? pages.unbound() : retry.element] : [retry.element];
    const name = TROUBLES[trouble.kind] || "failed";
    const text = name === "failed" && trouble.text ? trouble.text : t(name + ".text");
    this.show({ title, body: state({ mark: MARKS[name], kind: CODED.includes(name) ? "warn" : "plain", title: t(name + ".title"), text, code: CODED.includes(name) ? trouble.code : "", actions }) });
  }

  /** A line that says the figures are old, with a way to ask again; nothing when they are fresh. */
  staleNote(seenAt) {
    if (!seenAt) return null;
    const retry = button(t("retry"), { class: "ghost small" }, () => this.again());
    return note("warn", "offline", t("offline.seen", { when: moment(seenAt) }), retry.element);
  }
}

const TROUBLES = { offline: "offline", cancelled: "auth", auth: "bound", unbound: "bound", fault: "fault" };
const MARKS = { offline: "offline", auth: "lock", bound: "phone", failed: "alert", fault: "alert" };
const CODED = ["failed", "fault"];

/** Draw the page of the address; an address that changed without `go` is a way back. */
function turnTo(event) {
  pages.turn += 1;
  pages.returning = event ? !pages.going : false;
  const { route, params } = here();
  const place = new Place(pages.turn, route, params);
  pages.current = place;
  pages.going = false;
  place.again = () => route.view(place);
  Promise.resolve(route.view(place)).catch((error) => place.showTrouble(document.title, troubleOf(error)));
}

/** Draw the present page again. */
export function redraw() {
  turnTo();
}

function applyTheme(theme) {
  document.documentElement.dataset.theme = theme === "dark" ? "dark" : "light";
}

function applyInsets(insets) {
  for (const side of ["top", "bottom", "left", "right"]) {
    document.documentElement.style.setProperty("--inset-" + side, (insets && insets[side] ? insets[side] : 0) + "px");
  }
}

function appearanceChanged(payload) {
  applyTheme(payload.theme);
  const language = document.documentElement.lang;
  speak(payload.locale || language);
  if (document.documentElement.lang !== language) redraw();
}

function networkChanged(payload) {
  desk.online = payload.online !== false;
  if (!desk.online) toast(t("offline.title"));
  else if (pages.current && document.querySelector(".state, .note.warn.act")) pages.current.again();
}

/** Come to the front: at the page that was asked for, or with fresh figures. */
function pageShown(payload) {
  const asked = /#(\/.*)$/.exec(payload.route || "");
  if (asked) go(asked[1], true);
  else if (pages.current.fresh && Date.now() - pages.startedAt > JUST_OPENED) redraw();
}

function listen() {
  desk.bridge.on("theme.changed", appearanceChanged);
  desk.bridge.on("network.changed", networkChanged);
  desk.bridge.on("page.back", () => { if (pages.current.up) goBack(); });
  desk.bridge.on("page.shown", pageShown);
  desk.bridge.on("session.changed", async (payload) => { if (payload.state !== "customer") await quietly(forget()); if (payload.state === "none") await quietly(dropDrafts()); });
  window.addEventListener("hashchange", turnTo);
}

/**
 * Open the bundle: connect, take the theme and language, show the page of the address. Options: {connect, need, want,
 * words, routes, unbound}; a route is {path, view(place), up, fresh}; `unbound()` makes the button shown to a device
 * without a customer.
 */
export async function start(options) {
  speak(navigator.language);
  addWords(options.words);
  try {
    desk.bridge = await options.connect({ need: options.need, want: options.want || {} });
  } catch {
    refill(document.getElementById("app"), h("main", { class: "page" }, state({ mark: "phone", title: t("host.title"), text: t("host.text") })));
    return null;
  }
  const keeps = "store.get" in { ...options.need, ...options.want };
  const [info] = await Promise.all([desk.bridge.app.info(), keeps && recallHiding()]);
  speak(info.locale);
  applyTheme(info.theme);
  applyInsets(info.insets);
  pages.routes = options.routes;
  pages.unbound = options.unbound || null;
  pages.startedAt = Date.now();
  listen();
  turnTo();
  return { bridge: desk.bridge, info };
}
