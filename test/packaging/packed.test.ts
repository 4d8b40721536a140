import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { bundle } from "../../examples/lambda/bundle.ts";
import { nodeBinary, nodeMajors } from "../support/node-versions.ts";
import type { Packed } from "./pack.ts";
import { installPacked, type Project } from "./project.ts";
import { entriesOf, readWorkspace, root } from "./workspace.ts";

const run = promisify(execFile);
const { published, waiting } = readWorkspace();
const entriesFor = (name: string) => entriesOf(published.find((one) => one.name === name)!);
const smoke = join(import.meta.dirname, "smoke.ts");
let project: Project;

vi.setConfig({ testTimeout: 60_000 });
beforeAll(async () => {
  project = await installPacked();
  for (const major of nodeMajors) await nodeBinary(major);
}, 300_000);
afterAll(() => project?.[Symbol.asyncDispose]());

/** What a module imports: at its top, or with `import(…)`. */
const specifiers = /^(?:import|export)\b(?:[^"'`;]*\bfrom)? ?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

describe.each(published.map(({ name }) => name))("the package %s", (name) => {
  const packed = (): Packed => project.packages.find((one) => one.name === name)!;

  test("holds its built files, README and licence, and no test", () => {
    const { files } = packed();
    expect(files).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE"]));
    expect(files.filter((path) => !/^(dist\/|package\.json|README\.md|LICENSE)/.test(path))).toEqual([]);
    expect(files.filter((path) => /\.test\.|tsbuildinfo/.test(path))).toEqual([]);
  });

  test("names every package that its files import, and no other", async () => {
    const { files, manifest } = packed();
    const imported = new Set<string>();
    for (const path of files.filter((file) => /\.(js|d\.ts)$/.test(file))) {
      const code = await readFile(join(project.folder, "node_modules", name, path), "utf8");
      for (const [, fixed, lazy] of code.matchAll(specifiers)) {
        const [imports] = /^(@[^/]+\/)?[^/]+/.exec((fixed ?? lazy)!)!;
        if (!/^(\.|node:)/.test(imports)) imported.add(imports);
      }
    }
    const { dependencies = {}, peerDependencies = {} } = manifest;
    // A peer may be there for its version alone, as a framework is.
    expect(Object.keys({ ...dependencies, ...peerDependencies })).toEqual(
      expect.arrayContaining([...imported]),
    );
    expect([...imported]).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  });

  test("is clean to publint", async () => {
    const tarball = new Uint8Array(await readFile(packed().tarball)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg!, { color: false }))).toEqual([]);
  });

  test.runIf(entriesFor(name).length > 0)("has types that are clean to attw", async () => {
    const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const args = [attw, packed().tarball, "--profile", "esm-only", "--no-color", "--format", "ascii"];
    const said = await run(process.execPath, args).then(
      ({ stdout }) => stdout,
      ({ stdout }) => `problems\n${stdout}`,
    );
    expect(said).not.toMatch(/^problems/);
    expect(said.match(/bundler: 🟢/g)).toHaveLength(Object.keys(packed().manifest.exports).length);
  });

  test.each(nodeMajors)("is imported and required, and its commands start, on Node %i", async (major) => {
    const binary = await nodeBinary(major);
    const code = `const names = process.argv.slice(2);
      const both = names.map(async (name) => [Object.keys(await import(name)), Object.keys(require(name))]);
      Promise.all(both).then((all) => console.log(JSON.stringify(all)));`;
    await project.write("entries.cjs", code);
    const found = await project.node(binary, ["entries.cjs", ...entriesFor(name)]);
    for (const [imported, required] of found as [string[], string[]][]) {
      expect(imported).not.toEqual([]);
      expect(required!.filter((key) => key !== "__esModule")).toEqual(imported);
    }
    for (const file of Object.values(packed().manifest.bin ?? {})) {
      const command = join(project.folder, "node_modules", name, file);
      const { stdout } = await run(binary, [command, "--help"], { cwd: project.folder, timeout: 30_000 });
      expect(stdout).toContain("--help");
    }
  });
});

test("the build knows every package that is published", () => {
  expect(waiting.map(({ name }) => name)).toEqual([]);
});

describe.each(nodeMajors)("on Node %i", (major) => {
  test.each(["esm", "cjs"] as const)("a program in %s calls by name", async (format) => {
    const { code } = await transform(await readFile(smoke, "utf8"), {
      loader: "ts",
      format,
      target: "node22",
    });
    const file = { esm: "smoke.mjs", cjs: "smoke.cjs" }[format];
    await project.write(file, code);
    expect(await project.node(await nodeBinary(major), [file])).toEqual(whatItSees);
  });

  test.each(["esm", "cjs"] as const)("a program bundled as %s calls by name", async (format) => {
    const file = { esm: "bundled.mjs", cjs: "bundled.cjs" }[format];
    await project.write("smoke.ts", await readFile(smoke, "utf8"));
    const outfile = join(project.folder, "bundle", file);
    await bundle(join(project.folder, "smoke.ts"), outfile, { format, sdk: "inside" });
    expect(await project.node(await nodeBinary(major), [outfile])).toEqual(whatItSees);
  });

  test("what is installed outlives an import of undici 8", async () => {
    const code = `import { startLocal } from "@byname/local";
      import { createByname } from "byname";
      const local = await startLocal({ services: { orders: {} } });
      await local.serve("orders", "answer");
      const byname = createByname({ services: { orders: {} } }, { env: local.env("host") });
      await byname.install();
      const undici = await import("undici");
      const texts = [fetch, undici.fetch].map(async (fetch) => (await fetch("http://orders/")).text());
      await Promise.all(texts)
        .then((all) => console.log(JSON.stringify(all)))
        .finally(() => local.close());
      await byname.close();`;
    await project.write("undici.mjs", code);
    expect(await project.node(await nodeBinary(major), ["undici.mjs"])).toEqual(["answer", "answer"]);
  });
});

const whatItSees = {
  fetch: "GET orders/fetch",
  patience: "GET orders/patience",
  request: "POST orders/request",
  resolve: ["dns", 1],
  watch: "dns",
  lambda: "GET orders/lambda",
  install: "GET orders/install",
  notFound: "BYNAME_SERVICE_NOT_FOUND",
  notFetched: true,
};

test("on an edge runtime it says so", async () => {
  await project.write(
    "edge.mjs",
    `import { createByname, ConfigError } from "byname";
    try { createByname(); } catch (error) {
      console.log(JSON.stringify([error instanceof ConfigError, error.message]));
    }`,
  );
  const said = await project.node(process.execPath, ["--conditions=edge-light", "edge.mjs"]);
  expect(said).toEqual([true, expect.stringContaining("edge runtime")]);
});

describe.each([
  ["without the DOM's types", "es2024,esnext.disposable"],
  ["with the DOM's types", "es2024,esnext.disposable,dom,dom.iterable"],
])("a strict program in TypeScript, %s,", (_types, lib) => {
  test.each([
    ["as ES module under nodenext", "smoke.mts", ["--module", "nodenext"]],
    ["as CommonJS under nodenext", "smoke.cts", ["--module", "nodenext"]],
    ["under bundler", "smoke.ts", ["--module", "esnext", "--moduleResolution", "bundler"]],
  ])("compiles %s", async (_way, file, options) => {
    await project.write(file, await readFile(smoke, "utf8"));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2024"];
    const args = [tsc, ...strict, "--types", "node", "--lib", lib, ...options, file];
    const { stdout } = await run(process.execPath, args, { cwd: project.folder }).catch((error) => error);
    expect(stdout).toBe("");
  });
});
