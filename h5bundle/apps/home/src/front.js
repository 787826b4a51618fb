// What a device without a customer finds: one way in, or on from where the opening stands.

const STAGES = { half: "account", checking: "clock", open: "phone" };

async function frontView(place) {
  const application = await currentApplication();
  const stage = openingStage(application);
  const name = "front." + (stage || "new");
  const open = button(t(name + ".action"), { class: "primary block" }, () => openBundle("accounts"));
  place.show({
    title: t("title.home"), action: open.element,
    body: state({ mark: STAGES[stage] || "account", kind: "tide", title: t(name + ".title"), text: t(name + ".text", { date: application ? day(application.expiresAt) : "" }) }),
  });
}
