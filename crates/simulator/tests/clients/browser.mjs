// Opens the page of the first argument in the browser of the second one, waits until every selector of the
// fourth one (JSON) is there, writes a picture to the third one, and prints what the page shows as JSON.
import { chromium } from "playwright-core";

const [, , url, executablePath, picture, selectors] = process.argv;
const timeout = 60_000;

const browser = await chromium.launch({ executablePath });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
page.setDefaultTimeout(timeout);

const complaints = [];
const foreign = [];
page.on("pageerror", (error) => complaints.push(error.message));
page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
page.on("request", (request) => {
  const { origin, protocol } = new URL(request.url());
  if (protocol !== "data:" && origin !== new URL(url).origin) foreign.push(request.url());
});

const texts = (selector) => page.locator(selector).allTextContents();

try {
  await page.goto(url);
  await Promise.all(JSON.parse(selectors).map((selector) => page.waitForSelector(selector, { state: "attached" })));
  console.log(JSON.stringify({
    state: await page.locator("#state").textContent(),
    transcript: await texts("#transcript li"),
    suggestions: await texts("#suggestions article"),
    elements: await page.locator("#transcript li *, #suggestions p *").count(),
    complaints,
    foreign,
  }));
} finally {
  await page.screenshot({ path: picture, fullPage: true });
  await browser.close();
}
