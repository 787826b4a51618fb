// Where each address leads.

start({
  connect, words: WORDS,
  need: {
    "app.info": 1, "app.ready": 1, "log.event": 1, "nav.open": 1, "nav.setBackGuard": 1, "net.request": 1, "store.get": 1,
    "store.remove": 1, "store.set": 1, "tx.sign": 1, "ui.setTitleBar": 1,
  },
  want: { "file.save": 1 },
  routes: [
    { path: "/", view: partsView },
    { path: "/list", view: listView, up: "/" },
    { path: "/entry/:entry", view: entryView, up: "/list" },
    { path: "/form", view: formView, up: "/" },
    { path: "/result", view: (place) => transfer.view(place), up: "/" },
  ],
});
