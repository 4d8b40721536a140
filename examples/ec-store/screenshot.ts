import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { openBrowser } from "./browser.ts";
import { Run } from "./run.ts";

/** Screenshot: the picture of the map that the README opens with, in `docs/map.png`. Needs a browser; see `browser.ts`. */
const path = join(import.meta.dirname, "../../docs/map.png");
const folder = await mkdtemp(join(tmpdir(), "byname-map-"));
const run = new Run("--keep");
try {
  const [, address] = await run.until(/in a browser:\s+(http\S+)/);
  const viewport = { width: 1200, height: 800 };
  const browser = await openBrowser(folder, { viewport, colorScheme: "light", reducedMotion: "reduce" });
  const page = await browser.newPage();
  await page.goto(`${address}/map`);
  await happen(page);
  await page.screenshot({ path });
  await browser.close();
} finally {
  run.kill();
  await rm(folder, { recursive: true, force: true });
}

/** Something to look at: the proxy breaks and is mended; then DNS is gone, and a task is. */
async function happen(page: Page): Promise<void> {
  const press = (name: string) => page.getByRole("button", { name }).click();
  const way = (edge: string, way: string) =>
    page.locator(`[data-edge="${edge}"][data-way="${way}"]`).waitFor();
  await way("storefront orders", "serviceConnect");
  await way("renewals orders", "dns");
  await press("Break Service Connect");
  await way("storefront orders", "dns");
  await press("Mend Service Connect");
  await way("storefront orders", "serviceConnect");
  // Until the last caller has returned.
  await page.waitForTimeout(4_000);
  await press("Break DNS");
  await way("renewals orders", "cloudMap");
  await press("Break a task of products");
  await page.getByText("1 of 2 tasks").waitFor();
  await page.mouse.move(0, 0);
  await page.locator(":focus").blur();
  await page.waitForTimeout(12_000);
}
