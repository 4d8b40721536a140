import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { queryNamed } from "../../test/support/fake-source.ts";
import { ConfigError } from "../ground/errors.ts";
import { queryOf } from "../ground/service.ts";
import type { Answer } from "../ground/source.ts";
import { serviceConnectSource } from "./service-connect.ts";

const folder = mkdtempSync(join(tmpdir(), "byname-hosts-"));
afterAll(() => rmSync(folder, { recursive: true }));
const signal = new AbortController().signal;
const range = "127.255.0.0/16";

function sourceFor(text: string, ownRange = range) {
  const hostsFile = join(folder, "hosts");
  writeFileSync(hostsFile, text);
  return { hostsFile, source: serviceConnectSource({ hostsFile, range: ownRange }) };
}

function lookUp(text: string, query = queryNamed("orders"), ownRange = range): Answer {
  return sourceFor(text, ownRange).source.lookup(query, signal) as Answer;
}

const addresses = (answer: Answer) =>
  answer.kind === "endpoints" ? answer.endpoints.map(({ address }) => address) : answer.kind;

describe("an alias of the task", () => {
  test("leads to the proxy, at once and without a promise", () => {
    expect(lookUp("127.255.0.1 orders", queryNamed("orders", { port: 8080, containerPort: 9 }))).toEqual({
      kind: "endpoints",
      endpoints: [{ address: "127.255.0.1", port: 8080 }],
      ttl: 10_000,
    });
  });

  test.each([
    ["the URL's own port", queryOf(queryNamed("orders", { port: 1 }).service, "http", 2), 2],
    ["the catalog's", queryNamed("orders", { port: 1 }), 1],
    ["that of a key with a port", queryNamed("orders:6334"), 6334],
    ["http's", queryNamed("orders"), 80],
    ["https's", queryNamed("orders", { scheme: "https" }), 443],
  ])("has %s", (_whose, query, port) => {
    expect(lookUp("127.255.0.1 orders", query)).toMatchObject({ endpoints: [{ port }] });
  });

  test("is looked for by its own name, which may differ from the service's", () => {
    const query = queryNamed("orders", { alias: "orders.internal" });
    expect(addresses(lookUp("127.255.0.1 orders.internal", query))).toEqual(["127.255.0.1"]);
    expect(addresses(lookUp("127.255.0.1 orders", query))).toBe("notMine");
  });

  test("counts only with an address in the range", () => {
    expect(addresses(lookUp("10.0.0.7 orders\n127.0.0.1 orders"))).toBe("notMine");
    expect(addresses(lookUp("10.0.0.7 orders\n127.255.0.1 orders"))).toEqual(["127.255.0.1"]);
    expect(addresses(lookUp("10.0.0.7 orders", queryNamed("orders"), "10.0.0.0/8"))).toEqual(["10.0.0.7"]);
  });

  test("is called by IPv4, whichever line comes first", () => {
    const six = "2600:f0f0:0:0:0:0:0:1 orders\n127.255.0.1 orders";
    expect(addresses(lookUp(six))).toEqual(["127.255.0.1"]);
    expect(addresses(lookUp("2600:f0f0::1 orders", queryNamed("orders"), "2600:f0f0::/96"))).toEqual([
      "2600:f0f0::1",
    ]);
  });
});

describe("where there is none", () => {
  test("the answer says what the file has instead", () => {
    const text = ["a", "b", "c", "d", "e", "f", "g"].map((name, i) => `127.255.0.${i} ${name}`).join("\n");
    expect(lookUp(text)).toMatchObject({
      kind: "notMine",
      detail: expect.stringMatching(/no alias "orders" in .*hosts, which holds a, b, c, d, e and 2 more$/),
    });
  });

  test.each(["", "127.0.0.1 localhost", "fe80::1%lo0 localhost\n::1 localhost", "\0\uFFFD broken"])(
    "a file without aliases is fine (%j)",
    (text) => {
      expect(lookUp(text)).toMatchObject({
        kind: "notMine",
        detail: expect.stringContaining("which holds no Service Connect alias"),
      });
    },
  );

  test.each([
    ["is missing", join(folder, "none"), "ENOENT"],
    ["is a folder", folder, "EISDIR"],
  ])("a file that %s is no trouble", (_how, hostsFile, code) => {
    expect(serviceConnectSource({ hostsFile, range }).lookup(queryNamed("orders"), signal)).toEqual({
      kind: "notMine",
      detail: `${hostsFile} cannot be read (${code})`,
    });
  });
});

test("the file is read once: aliases never change while a task lives", () => {
  const { hostsFile, source } = sourceFor("127.255.0.1 orders");
  source.lookup(queryNamed("orders"), signal);
  writeFileSync(hostsFile, "127.255.0.9 orders");
  expect(addresses(source.lookup(queryNamed("orders"), signal) as Answer)).toEqual(["127.255.0.1"]);
});

test("a range that is none is a ConfigError", () => {
  expect(() => serviceConnectSource({ hostsFile: "/etc/hosts", range: "127.255" })).toThrow(ConfigError);
});
