// Run with: h5bundle test. The page must call connect() and app.ready() of tidegate/bridge.js.

import { open, test } from "h5bundle/test";

test("connects to the app and is ready", async () => {
  await open({ locale: "zh-CN" });
});
