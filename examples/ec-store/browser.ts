import { existsSync } from "node:fs";
import { type BrowserContext, chromium } from "playwright-core";

/** Browser: Chromium, where one is installed. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const hasBrowser = existsSync(executablePath);

type Options = Parameters<typeof chromium.launchPersistentContext>[1];

/** With a folder of its own for what it keeps. */
export function openBrowser(folder: string, options: Options = {}): Promise<BrowserContext> {
  const quiet = ["background-networking", "component-update", "quic", "sync", "gpu"];
  const args = ["--no-sandbox", "--no-first-run", ...quiet.map((what) => `--disable-${what}`)];
  return chromium.launchPersistentContext(folder, { executablePath, args, ...options });
}
