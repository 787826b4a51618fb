// What the pages know of the sweep: product, agreements, accounts and positions, and which orders the device signs.

const CODE = "LMB";
const FIELDS = {
  SWEEP_AMOUNT: "yuan", SWEEP_FUNDS: "yuan", SHARES_SHORT: "yuan", FAST_CAP: "yuan", FAST_POOL: "mode", FLOOR_INVALID: "yuan",
  DEVICE_LIMIT: "yuan", REQUEST_INVALID: "yuan",
};

/** Ask for several things at once: {name: answer…} and when the oldest of them was seen. */
async function together(wanted) {
  const answers = await Promise.all(Object.values(wanted));
  const seen = answers.map((answer) => answer.seenAt).filter(Boolean).sort();
  const data = Object.fromEntries(Object.keys(wanted).map((name, index) => [name, answers[index].data]));
  return { ...data, seenAt: seen[0] || null };
}

const lookAtProduct = () => look("sweep.product.get", { code: CODE });
const lookAtAgreements = () => look("sweep.agreement.get", { code: CODE });
const lookAtPosition = () => look("sweep.position.get", { code: CODE });
const lookAtAccounts = () => look("accounts.list");

function accountName(account) {
  return account ? t("account.name", { tail: account.number }) : t("account.other");
}

/** The account of an agreement or a position, by its id. */
function accountOf(accounts, accountId) {
  return accounts.find((one) => one.accountId === accountId);
}

/** The account to use: known when there is one, else a choice; `say(account)` writes what stands beside it. */
function accountField(label, accounts, say) {
  if (accounts.length > 1) {
    const choices = accounts.map((one) => ({ value: one.accountId, label: accountName(one), caption: say(one) }));
    return choiceField({ label, choices, value: accounts[0].accountId });
  }
  const known = knownField(label, h("span", { class: "grow" }, accountName(accounts[0])), h("span", null, say(accounts[0])));
  return { ...known, value: () => accounts[0].accountId };
}

/** An order that the device signs; its end is looked for among the newest orders. */
function signing(kind, options) {
  return new Signing({
    kind, what: "what." + kind, result: "/ended/" + kind, list: "/orders", listLabel: "title.orders",
    rows: (about) => [[t(about.label), money(about.amountFen)]],
    order: (result) => (result.orderId ? "/order/" + result.orderId : null),
    find: async (pending) => {
      const { orders } = await ask("sweep.order.list");
      const order = orders.find((one) => one.operationId === pending.operationId);
      return order ? "/order/" + order.orderId : null;
    },
    back: { label: "end.front", path: () => "/" },
    ...options,
  });
}

const signed = {
  agreement: signing("agreement", { again: () => "/sign" }),
  purchase: signing("purchase", { again: () => "/in" }),
  redemption: signing("redemption", { again: () => "/out" }),
};

/** A page where nothing can be done before something else: {title, text, label, open}. */
function firstThis(place, title, options) {
  place.show({ title, body: state({ mark: "sweep", title: options.title, text: options.text, actions: button(options.label, { class: "primary" }, options.open).element }) });
}

function noAccount(place, title) {
  firstThis(place, title, { title: t("account.none.title"), text: t("account.none.text"), label: t("account.open"), open: () => openBundle("accounts") });
}

function noAgreement(place, title) {
  firstThis(place, title, { title: t("agree.none.title"), text: t("agree.none.text"), label: t("agree.begin"), open: async () => go("/sign", true) });
}
