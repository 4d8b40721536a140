import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
const project = fileURLToPath(new URL("types", import.meta.url));

const libraries = [
  ["without the DOM library", "es2024,esnext.disposable"],
  ["with the DOM library", "es2024,esnext.disposable,dom,dom.iterable,dom.asynciterable"],
] as const;
const resolutions = [
  ["nodenext", ["--module", "nodenext"]],
  ["bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
] as const;

/** Of the built package, as its users have it. */
test.each(libraries.flatMap(([library, lib]) => resolutions.map((one) => [library, ...one, lib] as const)))(
  "byname.fetch has the types of fetch %s, under %s",
  async (_library, _resolution, module, lib) => {
    const args = [tsc, "--noEmit", "-p", project, "--lib", lib, ...module];
    const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => error);
    expect(stdout).toBe("");
  },
  60_000,
);
