// Opens the page of the first argument in the browser of the second one, and prints the number of its events
// whenever it grows. When stdin ends it prints their texts as a JSON array, and ends itself.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [, , url, executablePath] = process.argv;

const browser = await chromium.launch({ executablePath });
const page = await browser.newPage();
await page.exposeFunction("grown", (count) => console.log(count));
await page.goto(url);
await page.evaluate(() => {
  const events = document.getElementById("events");
  const tell = () => window.grown(events.childElementCount);
  new MutationObserver(tell).observe(events, { childList: true });
  tell();
});
createInterface({ input: process.stdin }).on("close", async () => {
  console.log(JSON.stringify(await page.locator("#events li").allTextContents()));
  await browser.close();
});
