import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Page: docs/testing.md, taken apart into what a reader would copy. */
export interface Recipe {
  /** The test's file and those it needs, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly runner: "vitest" | "jest" | "node --test";
  /** The names of the tests in it. */
  readonly tests: readonly string[];
}

/** By heading, and by the test's file where a section has several. */
export function readRecipes(): ReadonlyMap<string, Recipe> {
  const page = readFileSync(join(import.meta.dirname, "../../docs/testing.md"), "utf8");
  return new Map(page.split(/^## /m).flatMap(recipesOf));
}

function recipesOf(section: string): [string, Recipe][] {
  const heading = section.split("\n", 1)[0]!;
  const blocks = [...section.matchAll(/^```(?:js|json)\n(.*?)^```/gms)].map(([, code]) => code!);
  const named = blocks.map((code) => [/^\/\/ (\S+)\n/.exec(code)?.[1] ?? "package.json", code] as const);
  const helpers = named.filter(([name]) => !name.endsWith(".test.js"));
  return named
    .filter(([name]) => name.endsWith(".test.js"))
    .map(([name, code]) => {
      const files = { "package.json": '{ "type": "module" }', ...Object.fromEntries(helpers), [name]: code };
      const tests = [...code.matchAll(/^test\("([^"]+)"/gm)].map(([, test]) => test!);
      return [`${heading}: ${name}`, { files, tests, runner: runnerOf(code) }];
    });
}

function runnerOf(code: string): Recipe["runner"] {
  if (code.includes('from "vitest"')) return "vitest";
  return code.includes('from "node:test"') ? "node --test" : "jest";
}
