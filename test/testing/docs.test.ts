import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { root } from "../packaging/workspace.ts";
import { type Recipe, readRecipes } from "./page.ts";

const run = promisify(execFile);
const recipes = readRecipes();
/** A project outside of the workspace, with the packages that a user would have installed. */
let project: string;

vi.setConfig({ testTimeout: 120_000 });
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "byname-testing-"));
  await mkdir(join(project, "node_modules"));
  for (const name of ["byname", "@byname", "vitest", "jest", "msw", "undici"])
    await symlink(join(root, "node_modules", name), join(project, "node_modules", name));
});
afterEach(() => rm(project, { recursive: true }));

test("docs/testing.md has a recipe for each runner", () => {
  const runners = new Set([...recipes.values()].map(({ runner }) => runner));
  expect(runners).toEqual(new Set(["vitest", "node --test", "jest"]));
  for (const { tests } of recipes.values()) expect(tests).not.toEqual([]);
});

const commands: Readonly<Record<Recipe["runner"], readonly string[]>> = {
  vitest: ["node_modules/vitest/vitest.mjs", "run", "--reporter", "verbose"],
  jest: ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--verbose"],
  "node --test": ["--test"],
};

test.each([...recipes])("docs/testing.md, %s", runRecipe);

async function runRecipe(_where: string, { files, runner, tests }: Recipe): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
  const { PATH = "" } = process.env;
  const told = await run(process.execPath, commands[runner], {
    cwd: project,
    env: { PATH },
    timeout: 90_000,
  });
  for (const name of tests) expect(told.stdout + told.stderr).toContain(name);
}
