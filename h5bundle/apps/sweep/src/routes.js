// Where each address leads.

start({
  connect, words: WORDS,
  need: {
    "app.info": 1, "app.ready": 1, "log.event": 1, "nav.open": 1, "nav.setBackGuard": 1, "net.request": 1, "store.get": 1,
    "store.remove": 1, "store.set": 1, "tx.sign": 1, "ui.setTitleBar": 1,
  },
  want: { "file.save": 1 },
  unbound: bindButton,
  routes: [
    { path: "/", view: frontView, fresh: true },
    { path: "/agreement", view: agreementView, up: "/", fresh: true },
    { path: "/sign", view: signView, up: "/" },
    { path: "/in", view: inView, up: "/" },
    { path: "/out", view: outView, up: "/" },
    { path: "/ended/agreement", view: (place) => signed.agreement.view(place), up: "/" },
    { path: "/ended/purchase", view: (place) => signed.purchase.view(place), up: "/" },
    { path: "/ended/redemption", view: (place) => signed.redemption.view(place), up: "/" },
    { path: "/income", view: incomeView, up: "/", fresh: true },
    { path: "/orders", view: ordersView, up: "/", fresh: true },
    { path: "/order/:order", view: orderView, up: "/orders", fresh: true },
  ],
});
