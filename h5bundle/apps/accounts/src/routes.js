// Where each address leads. A bound device goes to its account; any other to the opening, at the step where it stands.

async function frontView(place) {
  const status = await desk.bridge.session.status();
  if (status.state === "customer" || status.deviceState === "ACTIVE") await homeView(place);
  else await openingView(place, false);
}

start({
  connect, words: WORDS,
  need: {
    "app.info": 1, "app.ready": 1, "device.bind": 1, "log.event": 1, "nav.open": 1, "nav.setBackGuard": 1, "net.request": 1,
    "screen.protect": 1, "session.status": 1, "store.get": 1, "store.remove": 1, "store.set": 1, "ui.setTitleBar": 1,
  },
  routes: [
    { path: "/", view: frontView, fresh: true },
    { path: "/open", view: (place) => openingView(place, true), up: "/" },
    { path: "/fund", view: fundView, up: "/" },
    { path: "/entries", view: entriesView, up: "/" },
  ],
});
