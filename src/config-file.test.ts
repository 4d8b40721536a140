import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { readConfigFile } from "./config-file.ts";
import { ConfigError } from "./ground/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "byname-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("a config file", () => {
  const options = { namespace: "sd.local" };

  test.each([
    ["a.config.json", '{ "namespace": "sd.local" }'],
    ["bom.config.json", '\uFEFF{ "namespace": "sd.local" }'],
    ["a.config.cjs", 'module.exports = { namespace: "sd.local" };'],
    ["a.config.mjs", 'export default { namespace: "sd.local" };'],
    ["a.config.mts", 'const namespace: string = "sd.local"; export default { namespace };'],
    ["names.config.mjs", 'export const namespace = "sd.local";'],
  ])("can be %s", (name, content) => {
    expect({ ...(readConfigFile(file(name, content)) as object) }).toEqual(options);
  });

  test("is named by a path, a relative path, a file URL, or one as text", () => {
    const path = file("named.json", '{ "namespace": "sd.local" }');
    const url = pathToFileURL(path);
    for (const one of [path, relative(process.cwd(), path), url, url.href])
      expect(readConfigFile(one)).toEqual(options);
  });
});

describe("is an error that says what to write", () => {
  test.each([
    ["missing", join(folder, "none.json"), /^config: got ".*none\.json"; write a file that exists$/],
    ["not JSON", file("broken.json", "{ namespace"), /^config: got ".*"; write a file that loads \(.+\)$/],
    ["wrong JavaScript", file("broken.mjs", "export default {"), /; write a file that loads \(.+\)$/],
    ["a throw", file("throws.mjs", 'throw new Error("no luck")'), /; write a file that loads \(no luck\)$/],
    [
      "a throw of nothing",
      file("nothing.cjs", "throw undefined"),
      /; write a file that loads \(undefined\)$/,
    ],
    [
      "waiting",
      file("waits.mjs", "export default await {};"),
      /; write a module without `await` at its top level$/,
    ],
    [
      "an import that is missing",
      file("imports.cjs", 'require("./nowhere")'),
      /loads \(Cannot find module '.\/nowhere'\)$/,
    ],
    ["a folder", folder, /; write a file that loads/],
    [
      "a URL of the web",
      new URL("https://user:hunter2@example.com/c.json"),
      /^config: got "https:\/\/\*\*\*@example.com\/c.json"; write a path or a file URL$/,
    ],
    ["a file URL of another host", "file://elsewhere/c.json", /; write a path or a file URL$/],
  ])("%s", (_what, path, message) => {
    const read = () => readConfigFile(path);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });

  test("and names the variable that named it", () => {
    expect(() => readConfigFile("/none.json", "BYNAME_CONFIG")).toThrow(/^BYNAME_CONFIG: got "\/none.json"/);
  });
});
