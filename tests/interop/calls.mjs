// The JavaScript client's command line, call after call: a line of arguments in, its exit code and what it said out.
import { stderr, stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

import { main } from "../../native_bridge/shell/tuf/conformance.mjs";

for await (const line of createInterface({ input: stdin })) {
  let said = "";
  stderr.write = (text) => { said += text; return true; };
  const code = await main(JSON.parse(line));
  stdout.write(`${JSON.stringify({ code, said })}\n`);
}
