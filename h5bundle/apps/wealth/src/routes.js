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
    { path: "/", view: listView, fresh: true },
    { path: "/product/:code", view: productView, up: "/", fresh: true },
    { path: "/qualified/:code", view: qualifiedView, up: "/" },
    { path: "/assess", view: assessView, up: "/" },
    { path: "/assess/:code", view: assessView, up: "/" },
    { path: "/buy/:code", view: buyView, up: "/" },
    { path: "/result", view: (place) => purchase.view(place), up: "/" },
    { path: "/holdings", view: holdingsView, up: "/", fresh: true },
    { path: "/holding/:code", view: holdingView, up: "/holdings", fresh: true },
    { path: "/redeem/:code", view: redeemView, up: "/holdings" },
    { path: "/redeemed", view: (place) => redemption.view(place), up: "/holdings" },
    { path: "/orders", view: ordersView, up: "/", fresh: true },
    { path: "/order/:order", view: orderView, up: "/orders", fresh: true },
    { path: "/redemption/:order", view: redemptionView, up: "/orders", fresh: true },
  ],
});
