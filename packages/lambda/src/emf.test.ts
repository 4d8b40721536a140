import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, createByname, type Source } from "byname";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../../test/support/backend.ts";
import { startEmf } from "./emf.ts";

const attempt = { service: "orders", source: "dns", status: 200, resent: 0, ms: 12.5 };
let lines: string[];
let stop: () => void;

beforeEach(() => {
  lines = [];
  stop = startEmf({ write: (line) => void lines.push(line) });
});
afterEach(() => stop());

/** Done when what was told in this turn has been written. */
const turn = () => new Promise(setImmediate);
const tell = (name: string, message: object) => channel(`byname:${name}`).publish(message);

describe("a line", () => {
  test("has what happened to one service by one source in one turn", async () => {
    tell("attempt", attempt);
    tell("attempt", { ...attempt, status: 503, resent: 1, ms: 4 });
    tell("attempt", { ...attempt, service: "users", status: undefined, error: "ECONNREFUSED" });
    await turn();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { service: "orders", source: "dns", Duration: [12.5, 4], Errors: [0, 1], Retries: [0, 1] },
      { service: "users", source: "dns", Duration: [12.5], Errors: [1], Retries: [0] },
    ]);
  });

  test("is as CloudWatch's specification has it", async () => {
    tell("attempt", attempt);
    tell("resolve", {
      service: "orders",
      resolution: { source: "dns", endpoints: [{}, {}] },
      attempts: [],
      ms: 3,
    });
    tell("resolve", { service: "gone", error: new Error("gone"), attempts: [], ms: 3 });
    tell("fallback", { service: "orders", source: "serviceConnect", state: "left" });
    tell("fallback", { service: "orders", source: "serviceConnect", state: "back" });
    tell("refuse", { service: "orders", source: "dns", address: "169.254.169.254", reason: "link-local" });
    await turn();
    expect(lines).toHaveLength(3);
    for (const line of lines) expectEmf(line);
    expect(lines.join()).not.toContain("169.254");
  });

  test("says that a service has no endpoints, where sources know that, and not where they are in trouble", async () => {
    for (const code of ["BYNAME_NO_ENDPOINTS", "BYNAME_SERVICE_NOT_FOUND", "BYNAME_RESOLVE", "BYNAME_CLOSED"])
      tell("resolve", {
        service: code,
        error: Object.assign(new Error(code), { code }),
        attempts: [],
        ms: 3,
      });
    await turn();
    const told = lines.map((line) => JSON.parse(line));
    expect(told.map(({ source }) => source)).toEqual(Array(4).fill("none"));
    expect(told.map(({ Endpoints }) => Endpoints)).toEqual([[0], [0], undefined, undefined]);
  });

  test("says nothing of endpoints where a lookup leaves out a source that has some, since they do not work", async () => {
    const error = Object.assign(new Error("none"), { code: "BYNAME_NO_ENDPOINTS" });
    tell("resolve", { service: "orders", error, without: ["dns"], attempts: [], ms: 3 });
    await turn();
    const [told] = lines.map((line) => JSON.parse(line));
    expect(told).toMatchObject({ source: "none", LookupErrors: [1] });
    expect(told).not.toHaveProperty("Endpoints");
  });

  test("says nothing of endpoints either when a real request finds that the only ones do not work", async () => {
    const endpoints = [{ address: "127.0.0.1", port: await freePort() }];
    const own: Source = {
      name: "own",
      trusted: true,
      lookup: () => ({ kind: "endpoints", endpoints, ttl: 60_000 }),
    };
    await using byname = createByname({ services: { orders: {} }, sources: [own, "fixed"] });
    await expect(byname.request("http://orders/")).rejects.toMatchObject({ code: "BYNAME_REQUEST" });
    await turn();
    const told = lines.map((line) => JSON.parse(line));
    expect(told).toContainEqual(expect.objectContaining({ source: "own", Fallbacks: [1] }));
    expect(told).toContainEqual(expect.objectContaining({ source: "none" }));
    expect(told.filter(({ Endpoints }) => Endpoints?.includes(0))).toEqual([]);
  });

  test("counts requests that failed without an attempt, or that were given up for a reason", async () => {
    await using byname = createByname({ services: { orders: {} }, sources: ["fixed"] });
    await expect(byname.request("http://orders/")).rejects.toMatchObject({
      code: "BYNAME_SERVICE_NOT_FOUND",
    });
    const server = createServer(({ url }, response) => {
      if (url === "/first") response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const fixed = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const other = createByname({ services: { users: { fixed } }, sources: ["fixed"] });
    // What sends requests is loaded with the first.
    await (await other.request("http://users/first")).body.dump();
    const abort = new AbortController();
    const late = other.request("http://users/", { signal: AbortSignal.timeout(20) });
    const aborted = other.request("http://users/", { signal: abort.signal });
    await expect(late).rejects.toThrow();
    abort.abort();
    await expect(aborted).rejects.toThrow();
    const destroyed = other.request("http://users/");
    await Promise.all([expect(destroyed).rejects.toThrow(), other.destroy()]);
    server.closeAllConnections();
    server.close();
    await turn();
    const told = lines.map((line) => JSON.parse(line)).filter(({ Errors }) => Errors?.[0]);
    // What falls into one turn is one line.
    const counted = told.flatMap(({ service, source, Errors }) => Errors.map(() => `${service} ${source}`));
    expect(counted).toEqual(["orders none", "users fixed", "users fixed"]);
  });

  test("has no more values than may be, and none is lost", async () => {
    for (let times = 0; times < 250; times++) tell("attempt", attempt);
    await turn();
    expect(lines.map((line) => JSON.parse(line).Duration.length)).toEqual([100, 100, 50]);
    for (const line of lines) expectEmf(line);
  });
});

test("nothing is heard any more once it is ended, and what was is written", async () => {
  tell("attempt", attempt);
  stop();
  expect(lines).toHaveLength(1);
  tell("attempt", attempt);
  await turn();
  expect(lines).toHaveLength(1);
});

test.each(["", " ", "AWS/Lambda", ":shop", "a".repeat(256)])("the namespace %j is refused", (namespace) => {
  expect(() => startEmf({ namespace })).toThrow(ConfigError);
});

test.each(["My Shop", "shop:eu", "a/b.c-d_e#f"])("the namespace %j is taken", (namespace) => {
  startEmf({ namespace })();
});

/** The structure and limits of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function expectEmf(line: string): void {
  expect(line).not.toContain("\n");
  expect(Buffer.byteLength(line)).toBeLessThan(1_000_000);
  const root = JSON.parse(line);
  expect(Number.isInteger(root._aws.Timestamp)).toBe(true);
  for (const directive of root._aws.CloudWatchMetrics) {
    expect(Object.keys(directive).sort()).toEqual(["Dimensions", "Metrics", "Namespace"]);
    expect(directive.Namespace).toMatch(/^.{1,1024}$/);
    expect(directive.Dimensions.length).toBeGreaterThan(0);
    for (const set of directive.Dimensions) {
      expect(set.length).toBeLessThanOrEqual(30);
      for (const target of set) expect(root[target]).toMatch(/^.{1,1024}$/);
    }
    expect(directive.Metrics.length).toBeLessThanOrEqual(100);
    for (const { Name, Unit } of directive.Metrics) {
      expect(["Milliseconds", "Count"]).toContain(Unit);
      const values: unknown[] = root[Name];
      expect(values.length).toBeGreaterThan(0);
      expect(values.length).toBeLessThanOrEqual(100);
      expect(values.every((value) => Number.isFinite(value))).toBe(true);
    }
  }
}
