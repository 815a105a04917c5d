// A browser that is driven by lines of JSON on stdin, [command, ...arguments], each of which is answered by a line.
// Commands are those below, or methods of Playwright's page (https://playwright.dev/docs/api/class-page).
//   console.mjs BROWSER URL OPTIONS
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [, , executablePath, url, options] = process.argv;
// Less than the test waits for an answer.
const timeout = 80_000;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({ executablePath });
// Without motion, because what fades in has no contrast yet.
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...JSON.parse(options) });
const page = await context.newPage();
page.setDefaultTimeout(timeout);

const complaints = [];
const foreign = [];
page.on("pageerror", (error) => complaints.push(error.message));
page.on("console", (message) => {
  // A connection that is refused while the connector is down is what is being tested.
  if (message.type() === "error" && !/ERR_CONNECTION|WebSocket connection|status of [45]/.test(message.text())) complaints.push(message.text());
});
page.on("request", (request) => {
  const { origin, protocol } = new URL(request.url());
  if (!["data:", "blob:"].includes(protocol) && origin !== new URL(url).origin) foreign.push(request.url());
});

const commands = {
  texts: (selector) => page.locator(selector).allTextContents(),
  count: (selector) => page.locator(selector).count(),
  // Waits until as many elements are there.
  counted: (selector, count) =>
    page.waitForFunction(([s, n]) => document.querySelectorAll(s).length >= n, [selector, count]).then(() => true),
  // Waits until an element has a text.
  says: (selector, text) =>
    page.waitForFunction(([s, t]) => [...document.querySelectorAll(s)].some((it) => it.textContent.includes(t)), [selector, text]).then(() => true),
  attribute: (selector, name) => page.locator(selector).first().getAttribute(name),
  picture: (path, fullPage) => page.screenshot({ path, fullPage }).then(() => path),
  violations: async () => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`);
  },
  download: async (selector) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(selector)]);
    return readFileSync(await download.path(), "utf8");
  },
  // Bytes of JavaScript's heap after a collection.
  heap: async () => {
    const session = await context.newCDPSession(page);
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    return usedSize;
  },
  pressed: (key) => page.keyboard.press(key).then(() => true),
  focused: () => page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute("aria-label") || document.activeElement?.textContent),
  quiet: () => ({ complaints, foreign }),
};

await page.goto(url);
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = JSON.parse(line);
  try {
    const value = await (commands[name] ? commands[name](...args) : page[name](...args));
    const plain = ["string", "number", "boolean"].includes(typeof value) || Array.isArray(value) || value?.constructor === Object;
    console.log(JSON.stringify({ value: plain ? value : null }));
  } catch (error) {
    console.log(JSON.stringify({ error: `${line}: ${error.message}` }));
  }
}
await browser.close();
