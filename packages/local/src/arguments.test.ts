import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readArguments } from "./arguments.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "byname-local-test-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

function config(text: string): string {
  const path = join(directory, "local.json");
  writeFileSync(path, text);
  return path;
}

describe("arguments", () => {
  it("are options for startLocal", () => {
    const args = ["--service", "orders=3000,3001", "--service", "users=4000", "--namespace", "shop.local"];
    expect(readArguments(args)).toEqual({
      namespace: "shop.local",
      services: {
        orders: { instances: [{ port: 3000 }, { port: 3001 }] },
        users: { instances: [{ port: 4000 }] },
      },
    });
    expect(readArguments([])).toEqual({});
  });

  it("come on top of what the file says", () => {
    const path = config('{ "region": "eu-central-1", "namespace": "a", "services": { "users": {} } }');
    expect(readArguments(["--config", path, "--namespace", "b", "--service", "orders=3000"])).toEqual({
      region: "eu-central-1",
      namespace: "b",
      services: { users: {}, orders: { instances: [{ port: 3000 }] } },
    });
  });

  it.each(["--help", "-h"])("may ask for help: %s", (flag) => {
    expect(readArguments([flag])).toBe("help");
  });

  it.each<[string, string[], RegExp]>([
    ["an option that is unknown", ["--nope"], /--nope/],
    ["a word", ["orders"], /'orders'/],
    ["a service without ports", ["--service", "orders"], /--service: got "orders"; write orders=3000/],
    ["a port that is none", ["--service", "orders=3000,"], /--service orders: got 0/],
    ["a file that is not there", ["--config", "/nowhere/none.json"], /ENOENT.*none\.json/],
  ])("are refused where there is %s", (_what, args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });

  it("are refused where the file is not a JSON object", () => {
    expect(() => readArguments(["--config", config("{")])).toThrow(/--config .*local\.json: not JSON/);
    expect(() => readArguments(["--config", config("[]")])).toThrow(/local\.json: got \[\]; write an object/);
  });
});
