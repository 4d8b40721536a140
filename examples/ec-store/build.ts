import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/**
 * Build: the storefront, as `next build` makes it. What it was made from is noted, so that it is made once and again only
 * when something has changed.
 */
export async function buildStorefront(print: (text: string) => void): Promise<void> {
  const from = await fingerprint();
  if ((await readFile(note, "utf8").catch(() => "")) === from) return;
  print("The storefront is built, which takes a while and is done once.");
  await build();
  await writeFile(note, from);
}

const { resolve } = createRequire(import.meta.url);
const here = import.meta.dirname;
const storefront = join(here, "storefront");
const note = join(storefront, ".next/made-from");

/** What goes into it: its own files, what it shares with the other services, byname, and Next.js. */
const parts = [
  storefront,
  join(here, "services"),
  join(here, "errors.ts"),
  join(resolve("byname"), ".."),
  join(resolve("@byname/next"), ".."),
  resolve("next/package.json"),
];

async function fingerprint(): Promise<string> {
  const hash = createHash("sha256");
  for (const part of parts) {
    for (const file of await filesOf(part)) hash.update(await readFile(file));
  }
  return hash.digest("hex");
}

/** All files of a folder, but for what a build or a compiler leaves there. */
async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => undefined);
  if (!entries) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/\/\.next\/|\/next-env\.d\.ts$|\.tsbuildinfo$|\.map$|\.test\.ts$/.test(file))
    .sort();
}

async function build(): Promise<void> {
  const command = [resolve("next/dist/bin/next"), "build", storefront];
  const env = { PATH: process.env.PATH, NEXT_TELEMETRY_DISABLED: "1" };
  const building = spawn(process.execPath, command, { env, stdio: ["ignore", "pipe", "pipe"] });
  const [said, complained, [code]] = await Promise.all([
    text(building.stdout),
    text(building.stderr),
    once(building, "exit"),
  ]);
  if (code !== 0) throw new Error(`the storefront could not be built:\n${said}${complained}`);
}
