// What is filled in and signed: a form whose draft survives, and a transfer.

const transfer = new Signing({
  kind: "transfer", what: "what.transfer", result: "/result", list: "/list", listLabel: "title.orders",
  rows: (about) => [[t("payee"), about.payee], [t("sum"), plainMoney(about.amountFen)]],
  order: (result) => (result.orderId ? "/entry/" + result.orderId : null),
  find: async (pending) => {
    const found = (await ask("gallery.orders")).orders.find((one) => one.operationId === pending.operationId);
    return found ? "/entry/" + found.orderId : null;
  },
  again: () => "/form",
});

async function formView(place) {
  const draft = await openDraft("transfer", "payee");
  const attempt = new Attempt("gallery.prepare");
  const line = formLine();
  const payee = field({ label: t("payee"), hint: t("payee.hint") });
  const sum = moneyField({ label: t("sum"), hint: t("sum.hint", { amount: plainMoney(846072) }), all: { fen: 846072, label: t("all") }, problem: (fen) => (fen > 846072 ? t("sum.most", { amount: plainMoney(846072) }) : null) });
  const speed = choiceField({ label: t("speed"), choices: [{ value: "now", label: t("speed.now") }, { value: "next", label: t("speed.next") }] });
  const agree = agreeField(t("agree"), [{ title: t("contract"), open: () => toast(t("contract")) }]);
  draft.bind({ payee, sum, speed });
  const submit = button(t("next"), { class: "primary block", submit: true }, async () => {
    const amountFen = sum.check();
    if (amountFen === null) return;
    try {
      await transfer.ask(attempt, null, { payee: payee.value(), amountFen }, { payee: payee.value(), amountFen });
      await dropDrafts("transfer");
    } catch (error) {
      line.say(sentence(troubleOf(error)));
    }
  });
  place.show({ title: t("title.form"), action: submit.element, body: [h("div", { class: "head" }, h("h1", null, t("title.form")), await transfer.waitingNote()), form([payee.element, sum.element, speed.element, agree.element, line.element], submit)] });
}
