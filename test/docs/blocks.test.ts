import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../packaging/workspace.ts";
import { type Block, readBlocks } from "./blocks.ts";
import { commandsOf, faultOf } from "./commands.ts";
import { compile } from "./compile.ts";

/** Blocks that other tests run, page by page. */
const runElsewhere: Readonly<
  Record<string, { readonly test: string; readonly runs: (code: string) => boolean }>
> = {
  "docs/frameworks.md": { test: "test/frameworks/recipes.test.ts", runs: startsFromInstance },
  "docs/grpc.md": { test: "test/grpc/docs.test.ts", runs: () => true },
  "docs/integrations.md": { test: "test/integrations/recipes.test.ts", runs: startsFromInstance },
  "docs/telemetry.md": { test: "test/telemetry/docs.test.ts", runs: () => true },
  "docs/testing.md": { test: "test/testing/page.ts", runs: () => true },
};

const blocks = readBlocks().filter((block) => !isRunElsewhere(block));
const inLanguage = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

test("what other tests run is run by them", () => {
  for (const [page, { test }] of Object.entries(runElsewhere))
    expect(readFileSync(join(root, test), "utf8")).toContain(page.replace("docs/", ""));
});

test("every block says its language, unless it is a picture or what a program prints", () => {
  const known = ["", "text", "console", "sh", "json", "js", "ts", "tsx"];
  expect(blocks.filter(({ language }) => !known.includes(language)).map(at)).toEqual([]);
  const code = /^(?:import|export|const|await|npm|npx|node) /m;
  expect(
    inLanguage("", "text")
      .filter((block) => code.test(block.code))
      .map(at),
  ).toEqual([]);
});

test("TypeScript compiles, each block with those before it on its page", { timeout: 120_000 }, async () => {
  const found = inLanguage("ts", "tsx");
  expect(found.length).toBeGreaterThan(10);
  expect(await compile(found)).toEqual([]);
});

test("JavaScript compiles, without types of its own", { timeout: 120_000 }, async () => {
  const found = inLanguage("js");
  expect(found.length).toBeGreaterThan(0);
  expect(await compile(found, { checkJs: true, noImplicitAny: false })).toEqual([]);
});

test("JSON parses", () => {
  for (const block of inLanguage("json")) expect(() => JSON.parse(block.code), at(block)).not.toThrow();
});

test("commands name programs, packages, scripts and files that there are", () => {
  const typed = inLanguage("sh").flatMap((block) =>
    commandsOf(block.code).map((command) => ({ block, command })),
  );
  const shown = inLanguage("console").flatMap((block) =>
    [...block.code.matchAll(/^\$ (.*)$/gm)].map(([, command]) => ({ block, command: command! })),
  );
  expect(shown.length).toBeGreaterThan(0);
  const faults = [...typed, ...shown].map(({ block, command }) => [at(block), command, faultOf(command)]);
  expect(faults.filter(([, , fault]) => fault)).toEqual([]);
});

function isRunElsewhere({ page, language, code }: Block): boolean {
  return (language === "js" || language === "json") && runElsewhere[page]?.runs(code) === true;
}

/** As test/support/recipes.ts tells recipes apart. */
function startsFromInstance(code: string): boolean {
  return code.includes("./byname.js");
}

function at({ page, line }: Block): string {
  return `${page}:${line}`;
}
