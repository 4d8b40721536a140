import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** The packages as they would be published, in a project that has nothing of this workspace but their dependencies. */
let project: string;
const contents = new Map<string, string[]>();

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "byname-packed-"));
  await mkdir(join(project, "node_modules/@byname"), { recursive: true });
  await pack("src", "byname", ["undici", "lru-cache", "@aws-sdk"]);
  await pack("packages/local", "@byname/local", ["dns2"]);
  await pack("packages/lambda", "@byname/lambda", ["@middy"]);
}, 120_000);
afterAll(() => rm(project, { recursive: true }));

async function pack(folder: string, name: string, dependencies: readonly string[]): Promise<void> {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", project], {
    cwd: join(root, folder),
  });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  const { filename, files } = packed!;
  contents.set(
    name,
    files.map(({ path }) => path),
  );
  const home = join(project, "node_modules", name);
  await mkdir(home, { recursive: true });
  await run("tar", ["xzf", join(project, filename), "-C", home, "--strip-components", "1"]);
  for (const dependency of dependencies) {
    const link = join(project, "node_modules", dependency);
    await symlink(join(root, "node_modules", dependency), link);
  }
}

/** What a module imports: at its top, or with `import(…)`. */
const specifiers = /^(?:import|export)\b(?:[^"'`;]*\bfrom)? ?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

describe.each(["byname", "@byname/local", "@byname/lambda"])("the package %s", (name) => {
  test("holds its built files, README and licence, and no test", () => {
    const files = contents.get(name)!;
    expect(files).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE", "dist/index.js"]));
    const others = files.filter((path) => !/^(dist\/|package\.json|README\.md|LICENSE)/.test(path));
    expect(others).toEqual([]);
    expect(files.filter((path) => /\.test\.|tsbuildinfo/.test(path))).toEqual([]);
  });

  test("names every package that its files import", async () => {
    const { dependencies, peerDependencies = {} } = JSON.parse(
      await readFile(join(project, "node_modules", name, "package.json"), "utf8"),
    ) as Record<"dependencies" | "peerDependencies", Record<string, string>>;
    const imported = new Set<string>();
    for (const path of contents.get(name)!.filter((file) => /\.(js|d\.ts)$/.test(file))) {
      const code = await readFile(join(project, "node_modules", name, path), "utf8");
      for (const [, fixed, lazy] of code.matchAll(specifiers)) {
        const [name] = /^(@[^/]+\/)?[^/]+/.exec((fixed ?? lazy)!)!;
        if (!/^(\.|node:)/.test(name)) imported.add(name);
      }
    }
    expect([...imported].sort()).toEqual(Object.keys({ ...dependencies, ...peerDependencies }).sort());
  });
});

describe("installed, byname", () => {
  const use = `createByname({ sources: ["fixed"], services: { orders: { fixed: "http://10.0.0.7" } } })
    .resolve("orders").then(({ endpoints }) => console.log(JSON.stringify(endpoints)));`;
  const printed = [{ address: "10.0.0.7", port: 80, scheme: "http" }];

  test("is imported", async () => {
    expect(await node("a.mjs", `import { createByname } from "byname"; ${use}`)).toEqual(printed);
  });

  test("is required", async () => {
    expect(await node("a.cjs", `const { createByname } = require("byname"); ${use}`)).toEqual(printed);
  });

  test("says so on an edge runtime", async () => {
    const code = `import { createByname, ConfigError } from "byname";
      try { createByname(); } catch (error) {
        console.log(JSON.stringify([error instanceof ConfigError, error.message]));
      }`;
    const [isTyped, message] = (await node("edge.mjs", code, ["--conditions=edge-light"])) as [
      boolean,
      string,
    ];
    expect(isTyped).toBe(true);
    expect(message).toContain("edge runtime");
  });

  test("type-checks in a strict project, with and without the DOM's types", async () => {
    const code = `import { createByname, type Source } from "byname";
      import { startLocal } from "@byname/local";
      const own: Source = { name: "own", lookup: () => ({ kind: "notFound", detail: "none" }) };
      await using local = await startLocal({ services: { orders: {} } });
      await using byname = createByname({ sources: [own, "fixed"], services: { orders: {} } }, { env: local.env("host") });
      const response: Response = await byname.fetch(new Request("http://orders/"), { byname: { timeout: 100 } });
      const { statusCode } = await byname.request("http://orders/", { method: "POST", body: "x" });
      const plain: typeof fetch = byname.fetch;
      console.log(response.status, statusCode, plain);
      for await (const state of byname.watch("orders")) if (!state.error) console.log(state.source);`;
    await writeFile(join(project, "use.ts"), code);
    await symlink(join(root, "node_modules/@types"), join(project, "node_modules/@types"));
    await symlink(join(root, "node_modules/undici-types"), join(project, "node_modules/undici-types"));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    for (const lib of ["es2024,esnext.disposable", "es2024,esnext.disposable,dom,dom.iterable"]) {
      const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2024", "--types", "node"];
      const args = [tsc, ...options, "--module", "nodenext", "--lib", lib, "use.ts"];
      await writeFile(join(project, "package.json"), '{ "type": "module" }');
      const { stdout } = await run(process.execPath, args, { cwd: project }).catch((error) => error);
      expect(stdout).toBe("");
    }
  });

  async function node(file: string, code: string, flags: readonly string[] = []): Promise<unknown> {
    await writeFile(join(project, file), code);
    const { stdout } = await run(process.execPath, [...flags, file], { cwd: project });
    return JSON.parse(stdout);
  }
});
