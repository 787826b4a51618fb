// Files that the customer keeps: a statement as a table or on paper. The bank's own sheet asks where it goes.

const FILE_KINDS = ["csv", "pdf"];

/** What came of saving, as the key of a sentence; null when the customer said no. */
async function savedAs(file) {
  if (!desk.bridge.can("file.save")) return "export.unable";
  const content = file.content.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  try {
    const { saved } = await desk.bridge.file.save({ name: file.name, kind: file.kind, content });
    return saved ? "export.saved" : null;
  } catch (error) {
    if (error.code === "STORAGE_FULL") return "export.full";
    const trouble = troubleOf(error);
    if (trouble.kind === "cancelled") return null;
    throw trouble;
  }
}

/** Save a file: {name (without an ending), kind: csv | pdf, content: base64, at most 180,000 bytes}; say what came of it. */
async function saveFile(file) {
  const key = await savedAs(file);
  if (key) toast(t(key));
}

/**
 * A button that offers the kinds of file and saves the one that is chosen: {label, above() → node, obtain(kind) → file};
 * what stands above the kinds chooses what goes into the file.
 */
export function exportButton(options) {
  const rows = (sheet) => FILE_KINDS.map((kind) => h("li", null, button(t("export." + kind), { class: "pick", icon: "download" }, async () => {
    const file = await options.obtain(kind);
    sheet().close();
    await saveFile(file);
  }).element));
  return button(options.label || t("export"), { class: "ghost small", icon: "download" }, async () => {
    const sheet = pageSheet(t("export.choose"), [options.above ? options.above() : null, h("ul", { class: "list" }, rows(() => sheet))]);
  }).element;
}
