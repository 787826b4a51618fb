// What the cash sweep says: shares with what is being confirmed, and the income of its newest day.

const SWEEP = {
  name: "sweep", mark: "sweep", counts: true,
  async obtain() {
    const { data, seenAt } = await look("sweep.position.get", { code: "LMB" });
    if (!data.positions.length) return { seenAt, fen: null, caption: t("sweep.none") };
    const income = data.newestDate ? { fen: data.newestIncomeFen, date: data.newestDate } : null;
    return { seenAt, income, fen: data.totalFen, caption: [t(data.pendingFen ? "sweep.coming" : "sweep.earned"), " ", secret(data.pendingFen ? plainMoney(data.pendingFen) : signedMoney(data.incomeFen))] };
  },
};
