/**
 * Holds ArkTS files against the compiler and the linter of HarmonyOS: prints one line for each finding.
 *
 *   NODE_PATH=node_modules node lint_arkts.cjs FILE.ets...
 */
const path = require("node:path");
const ts = require("ohos-typescript");

const platform = path.join(__dirname, "harmonyos");
const files = process.argv.slice(2).map((file) => path.resolve(file));
const options = {
  target: ts.ScriptTarget.ES2021, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.NodeJs,
  lib: ["lib.es2021.d.ts"], types: [], noEmit: true, allowJs: false, strict: true, noImplicitReturns: true,
  noUnusedLocals: true, compatibleSdkVersion: 18, compatibleSdkVersionStage: "beta3",
  baseUrl: "/", paths: {
    "@ohos.web.webview": [path.join(platform, "web_webview.d.ts")],
    "@ohos.security.cryptoFramework": [path.join(platform, "crypto_framework.d.ts")],
  },
  ets: { render: {}, components: [], libs: [], extend: { decorator: [], components: [] }, styles: { component: {}, property: "" }, customComponent: "" },
};
const host = ts.createIncrementalCompilerHost(options);
const builder = ts.createEmitAndSemanticDiagnosticsBuilderProgram([...files, path.join(platform, "timers.d.ts")], options, host);
const program = builder.getProgram();

const found = [
  ...ts.getPreEmitDiagnostics(program),
  ...ts.ArkTSLinter_1_1.runArkTSLinter(builder, undefined, undefined, "ArkTSVersion_1_1"),
];
const lines = found.map(({ file, start, messageText, code }) => {
  const text = ts.flattenDiagnosticMessageText(messageText, " ");
  if (!file) return `${code}: ${text}`;
  const { line } = file.getLineAndCharacterOfPosition(start);
  return `${path.basename(file.fileName)}:${line + 1}: ${text}`;
});
for (const line of [...new Set(lines)].sort()) console.log(line);
