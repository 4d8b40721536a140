import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, test } from "vitest";
import { FakeSource, notFound, notMine, queryNamed } from "../../test/support/fake-source.ts";
import { addressGuard } from "../ground/address-guard.ts";
import type { FoundEndpoint } from "../ground/endpoint.ts";
import type { Answer } from "../ground/source.ts";
import { admit } from "./admit.ts";

const orders = queryNamed("orders", { port: 80, containerPort: 8080 });
const dns = new FakeSource("dns");
const fixed = new FakeSource("fixed", { trusted: true });

function admitted(endpoints: FoundEndpoint[], { ttl = 10_000, source = dns, query = orders } = {}) {
  return admit({ kind: "endpoints", endpoints, ttl }, query, source, addressGuard());
}

test("an endpoint keeps what it came with, and gets the port that is known where it has none", () => {
  const full = { address: "10.0.0.1", port: 81, zone: "eu-west-1a", id: "task", weight: 2 };
  expect(admitted([full, { address: "10.0.0.2" }])).toEqual({
    kind: "endpoints",
    ttl: 10_000,
    endpoints: [full, { address: "10.0.0.2", port: 8080 }],
  });
});

test.each([
  [0, 1_000],
  [-5, 1_000],
  [Number.NaN, 1_000],
  [999.5, 1_000],
  [30_000, 30_000],
  [1e12, 3_600_000],
  [Number.POSITIVE_INFINITY, 3_600_000],
  [undefined as unknown as number, 1_000],
])("a lifetime of %d counts as %d", (ttl, counts) => {
  expect(
    admit({ kind: "endpoints", endpoints: [{ address: "10.0.0.1" }], ttl }, orders, dns, addressGuard()),
  ).toMatchObject({ ttl: counts });
});

test.each([0, -1, 65_536, 1.5, Number.NaN])("port %d is refused", (port) => {
  expect(admitted([{ address: "10.0.0.1", port }])).toMatchObject({ kind: "unavailable", scope: "service" });
});

test("a trusted source may name loopback and hosts, others may not; neither anything else", () => {
  for (const address of ["127.0.0.1", "alb.example.com"]) {
    expect(admitted([{ address }], { source: fixed })).toMatchObject({ kind: "endpoints" });
    expect(admitted([{ address }])).toMatchObject({ kind: "unavailable" });
  }
  expect(admitted([{ address: "alb example" }], { source: fixed })).toMatchObject({ kind: "unavailable" });
});

test.each([
  [undefined, "no reason given"],
  [new Error("broken"), "broken"],
  [Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
  ["gone", "gone"],
])("the reason %j that a source gives is a text for whoever reads it", (detail, text) => {
  for (const kind of ["notMine", "notFound", "empty", "unavailable"]) {
    const answer = { kind, detail } as unknown as Answer;
    expect(admit(answer, orders, dns, addressGuard())).toEqual({ kind, detail: text });
  }
});

test("an empty list is what it says", () => {
  expect(admitted([])).toMatchObject({ kind: "empty" });
});

test("what is refused is announced, the rest is used", () => {
  const heard: unknown[] = [];
  const hear = (message: unknown) => heard.push(message);
  subscribe("byname:refuse", hear);
  const answer = admitted([{ address: "169.254.169.254" }, { address: "10.0.0.1" }]);
  unsubscribe("byname:refuse", hear);
  expect(answer).toMatchObject({ kind: "endpoints", endpoints: [{ address: "10.0.0.1" }] });
  expect(heard).toMatchObject([{ service: "orders", source: "dns", address: "169.254.169.254" }]);
});

test.each([notFound, notMine])("$kind passes as it is", (answer) => {
  expect(admit(answer, orders, dns, addressGuard())).toBe(answer);
});

test.each<[string, unknown]>([
  ["undefined", undefined],
  ["a kind that does not exist", { kind: "toString" }],
  ["no list", { kind: "endpoints", ttl: 1 }],
  ["a list of nothing", { kind: "endpoints", ttl: 1, endpoints: [undefined] }],
])("what is no answer is the source's trouble: %s", (_what, answer) => {
  expect(admit(answer as Answer, orders, dns, addressGuard())).toMatchObject({
    kind: "unavailable",
    detail: expect.stringContaining("cannot be read"),
  });
});
