// The page: connects to the app, takes its language, theme and safe areas, and shows the view of the address.

import { connect } from "./_shared/common/bridge.js";
import { desk, h, start, t } from "./_shared/common/ui.js";
import { WORDS } from "./words.js";

async function homeView(place) {
  const { platform, version } = await desk.bridge.app.info();
  place.show({
    title: t("title.home"),
    body: [
      h("div", { class: "head" }, h("h1", null, t("home.hello"))),
      h("section", { class: "card" }, h("p", { class: "where" }, t("home.where", { platform, version }))),
    ],
  });
}

start({
  connect,
  words: WORDS,
  need: { "app.info": 1, "app.ready": 1, "log.event": 1, "nav.setBackGuard": 1, "ui.setTitleBar": 1 },
  routes: [{ path: "/", view: homeView }],
});
