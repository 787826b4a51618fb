// Run with: h5bundle test. Each test opens the page in a browser, as the app would.

import { equal, open, test } from "h5bundle/test";

test("greets in Chinese and says where it runs", async () => {
  const page = await open({ locale: "zh-CN" });
  equal(page.text("h1"), "你好");
  equal(page.text(".where"), "运行在 browser 1.0.0");
  equal(page.document.documentElement.lang, "zh-CN");
});

test("speaks English when the app does", async () => {
  const page = await open({ locale: "en" });
  equal(page.text("h1"), "Hello");
  page.emit("theme.changed", { theme: "light", locale: "zh-CN" });
  await page.until(() => page.text("h1") === "你好");
});

test("turns dark with the app", async () => {
  const page = await open({ theme: "light" });
  page.emit("theme.changed", { theme: "dark", locale: "zh-CN" });
  await page.until(() => page.document.documentElement.dataset.theme === "dark");
});

test("keeps clear of the edges of the phone", async () => {
  const page = await open({ insets: { bottom: 34 } });
  equal(page.document.documentElement.style.getPropertyValue("--inset-bottom"), "34px");
});
