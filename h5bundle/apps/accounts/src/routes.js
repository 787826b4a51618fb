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
    "screen.protect": 1, "session.status": 1, "store.get": 1, "store.remove": 1, "store.set": 1, "tx.sign": 1, "ui.setTitleBar": 1,
  },
  want: { "file.save": 1 },
  routes: [
    { path: "/", view: frontView, fresh: true },
    { path: "/open", view: (place) => openingView(place, true), up: "/" },
    { path: "/fund", view: fundView, up: "/" },
    { path: "/entries", view: entriesView, up: "/" },
    { path: "/months", view: monthsView, up: "/" },
    { path: "/entries/:month", view: entriesView, up: "/months" },
    { path: "/out", view: outView, up: "/" },
    { path: "/payee", view: payeeView, up: "/out" },
    { path: "/pay/:to", view: payView, up: "/out" },
    { path: "/signed", view: (place) => transfer.view(place), up: "/" },
    { path: "/transfers", view: transfersView, up: "/" },
    { path: "/transfer/:transfer", view: transferView, up: "/transfers" },
    { path: "/limits", view: limitsView, up: "/" },
    { path: "/manage", view: manageView, up: "/" },
    { path: "/open/:class", view: (place) => openingView(place, true), up: "/manage" },
    { path: "/card", view: cardView, up: "/manage" },
    { path: "/card/signed", view: (place) => cardChange.view(place), up: "/" },
    { path: "/card/done", view: cardDoneView, up: "/" },
    { path: "/card/done/:order", view: cardDoneView, up: "/" },
    { path: "/close", view: closeView, up: "/manage" },
    { path: "/close/signed", view: (place) => closing.view(place), up: "/" },
    { path: "/closed/:account", view: closedView, up: "/" },
  ],
});
