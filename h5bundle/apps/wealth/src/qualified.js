// A private product: who may buy it, how the bank comes to know it, and the declaration that the purchase asks for.

async function qualifiedView(place) {
  const obtain = () => look("wealth.product.get", { code: place.params.code });
  await place.load(t("title.qualified"), "ac", obtain, ({ data: product, seenAt }) => {
    const known = product.suitability.qualified;
    const stops = [{ title: t("qualified.proof"), caption: t("qualified.proof.text"), state: known ? "done" : "now" },
      { title: t("qualified.record"), caption: t("qualified.record.text"), state: known ? "done" : "next" },
      { title: t("qualified.declare"), caption: t("qualified.declare.text"), state: known ? "now" : "next" }];
    const on = known ? button(t("product.buy"), { class: "primary block" }, async () => go("/buy/" + product.code)) : button(t("product.others"), { class: "primary block" }, async () => go("/"));
    place.show({
      title: t("title.qualified"), action: on.element,
      body: [pageHead(t("qualified.title"), said(product.name)), place.staleNote(seenAt),
        h("section", { class: "card" }, h("p", { class: "soft" }, t("qualified.who"))), h("section", { class: "card" }, tracker(stops)), note("info", "info", t("qualified.cooling"))],
    });
  });
}
