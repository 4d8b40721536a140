import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { entriesOf, readWorkspace } from "../packaging/workspace.ts";

const run = promisify(execFile);
const docs = join(import.meta.dirname, "../../docs");

test("docs/reference is what the docstrings say now", { timeout: 120_000 }, async () => {
  const made = await mkdtemp(join(tmpdir(), "byname-reference-"));
  try {
    const options = ["--options", join(docs, "typedoc.json"), "--out", made];
    await run(process.execPath, [join(docs, "node_modules/typedoc/bin/typedoc"), ...options]);
    const [expected, committed] = await Promise.all([pagesIn(made), pagesIn(join(docs, "reference"))]);
    expect(Object.keys(committed), "run npm run docs").toEqual(Object.keys(expected));
    for (const page of Object.keys(expected))
      expect(committed[page], `${page}: run npm run docs`).toBe(expected[page]);
  } finally {
    await rm(made, { recursive: true });
  }
});

test("everything that can be imported has a page", async () => {
  const config = JSON.parse(await readFile(join(docs, "typedoc.json"), "utf8")) as { entryPoints: string[] };
  const texts = await Promise.all(config.entryPoints.map((page) => readFile(join(docs, page), "utf8")));
  const modules = texts.map((text) => /@module (\S+)/.exec(text)?.[1]);
  const entries = readWorkspace().published.flatMap(entriesOf);
  expect(entries.length).toBeGreaterThan(3);
  expect(modules).toEqual(expect.arrayContaining(entries));
});

test("everything that a package exports has its place on a page", async () => {
  for (const [index, pages] of Object.entries(places)) {
    const texts = await Promise.all(pages.map((page) => readFile(join(docs, "pages", `${page}.ts`), "utf8")));
    const told = texts.join("");
    const names = exportsOf(await readFile(join(docs, "..", index), "utf8"));
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(told))).toEqual([]);
  }
});

/** Pages that name what they hold, since they have an order of their own; the others take all there is. */
const places = {
  "src/index.ts": ["byname", "options", "events", "errors", "sources"],
  "packages/lambda/src/index.ts": ["lambda"],
  "packages/local/src/index.ts": ["local"],
};

function exportsOf(index: string): string[] {
  const lists = [...index.matchAll(/^export (?:type )?\{(.*?)\}/gms)].map(([, list]) => list!);
  return lists
    .flatMap((list) => list.split(",").map((name) => name.replace("type ", "").trim()))
    .filter(Boolean);
}

async function pagesIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".md")).sort();
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), "utf8")]);
  return Object.fromEntries(await Promise.all(texts));
}
