// Where each address leads.

start({
  connect, words: WORDS,
  need: {
    "app.info": 1, "app.ready": 1, "log.event": 1, "nav.open": 1, "nav.setBackGuard": 1, "net.request": 1, "store.get": 1,
    "store.remove": 1, "store.set": 1, "tx.sign": 1, "ui.setTitleBar": 1,
  },
  want: { "file.save": 1, "media.pick": 1, "net.upload": 1 },
  unbound: bindButton,
  routes: [
    { path: "/", view: homeView, fresh: true },
    { path: "/product/:code", view: productView, up: "/" },
    { path: "/apply/:application", view: applyView, up: "/" },
    { path: "/progress/:application", view: progressView, up: "/", fresh: true },
    { path: "/activate/:card", view: activateView, up: "/" },
    { path: "/activated", view: (place) => activation.view(place), up: "/" },
    { path: "/card/:card", view: cardView, up: "/", fresh: true },
    { path: "/lost/:card", view: lostView, up: "/" },
    { path: "/entries/:account", view: entriesView, up: "/", fresh: true },
    { path: "/bills/:account", view: billsView, up: "/", fresh: true },
    { path: "/bill/:account/:cycle", view: billView, up: "/", fresh: true },
    { path: "/repay/:account", view: repayView, up: "/" },
    { path: "/result", view: (place) => repayment.view(place), up: "/" },
    { path: "/repayment/:repayment", view: repaymentView, up: "/", fresh: true },
    { path: "/autopay/:account", view: autopayView, up: "/" },
    { path: "/agreed", view: (place) => agreement.view(place), up: "/" },
  ],
});
