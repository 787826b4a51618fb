// What the accounts say: the money on them, an opening that is not finished, transfers that have no end yet.

const HALF_FINISHED = ["ID_CHECK", "BIND_VERIFY", "CRS"];
const ON_ITS_WAY = ["SUBMITTED", "CORE_UNKNOWN"];

/** The newest application of this device, or null; what is asked here is only a reminder, so silence is no trouble. */
async function currentApplication() {
  const found = await quietly(look("accounts.application.current"));
  return found ? found.data : null;
}

/** How far an opening is: "half", "checking", "open", or null when there is none to go on with. */
function openingStage(application) {
  if (!application) return null;
  if (ON_ITS_WAY.includes(application.state)) return "checking";
  if (application.state === "OPEN") return "open";
  return HALF_FINISHED.includes(application.state) && Date.parse(application.expiresAt) > Date.now() ? "half" : null;
}

function openingWaits(application) {
  const stage = openingStage(application);
  if (stage !== "half" && stage !== "checking") return [];
  const half = stage === "half";
  const caption = t("opening." + stage + ".text", { date: day(application.expiresAt) });
  return [{ mark: half ? "account" : "clock", title: t("opening." + stage), caption, route: "accounts", due: half ? application.expiresAt : null }];
}

const TRANSFERS = { CREATED: "checking", UNKNOWN: "checking", RETURNING: "returning" };

/** Transfers without an end; like the opening only a reminder. */
async function transferWaits(accounts) {
  const answers = await Promise.all(accounts.map(({ accountId }) => quietly(look("accounts.transfer.list", { accountId }))));
  const open = answers.filter(Boolean).flatMap((one) => one.data.transfers).filter((one) => one.state in TRANSFERS);
  return open.map((one) => {
    const stem = "transfer." + TRANSFERS[one.state];
    return { mark: "clock", title: t(stem), caption: t(stem + ".text", { tail: one.payeeTail }), route: "accounts" };
  });
}

function accountCaption(accounts) {
  if (!accounts.length) return t("accounts.none");
  if (accounts.length > 1) return t("accounts.many", { count: accounts.length });
  const [{ number, state: name }] = accounts;
  return t("accounts.tail", { tail: number }) + (["FROZEN", "DORMANT"].includes(name) ? t("comma") + t("accounts." + name) : "");
}

const ACCOUNTS = {
  name: "accounts", mark: "account", counts: true,
  async obtain() {
    const [{ data, seenAt }, application] = await Promise.all([look("accounts.list"), currentApplication()]);
    const accounts = data.accounts.filter((one) => one.state !== "CLOSED");
    const waits = [...openingWaits(application), ...(await transferWaits(accounts))];
    return { seenAt, waits, fen: accounts.length ? sumOf(accounts, (one) => one.balanceFen) : null, caption: accountCaption(accounts) };
  },
};
