// Where each address leads: a bound device finds its overview, any other the way in.

async function homeView(place) {
  const status = await desk.bridge.session.status();
  if (status.state === "customer" || status.deviceState === "ACTIVE") await overviewView(place, status);
  else await frontView(place);
}

start({
  connect, words: WORDS,
  need: {
    "app.info": 1, "app.ready": 1, "log.event": 1, "nav.open": 1, "nav.setBackGuard": 1, "session.status": 1, "store.get": 1, "store.remove": 1,
    "store.set": 1, "ui.setTitleBar": 1,
  },
  want: { "net.request": 1 },
  routes: [{ path: "/", view: homeView, fresh: true }],
  unbound: bindButton,
});
