import { describe, expect, test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { queryNamed } from "../../test/support/fake-source.ts";
import { defaults } from "../ground/defaults.ts";
import type { Resolution } from "../ground/resolution.ts";
import type { Route } from "./routes.ts";
import { Traffics } from "./traffic.ts";

function trafficOf(zone?: string) {
  const clock = new FakeClock();
  const traffics = new Traffics({ clock, random: () => 0, zone: () => zone });
  return { clock, traffics, traffic: traffics.of(route()) };
}

function route(port = 80): Route {
  const host = `orders:${port}`;
  return { query: { ...queryNamed("orders"), origin: `http://${host}` }, host: ["host", host] };
}

function from(source: string, ...found: string[]): Resolution {
  const endpoints = found.map((address) => ({ address, port: 80 }));
  return { service: "orders", source, stale: false, expiresAt: 0, endpoints };
}

test("a route's traffic is the same for all its requests, also where the route was forgotten and is a new one", () => {
  const { traffics } = trafficOf();
  expect(traffics.of(route())).toBe(traffics.of(route()));
  expect(traffics.of(route(81))).not.toBe(traffics.of(route()));
});

test("only that of so many routes is remembered: of those that were called last", () => {
  const { traffics } = trafficOf();
  const [old, busy] = [route(1), route(2)];
  const before = [traffics.of(old), traffics.of(busy)];
  for (let i = 0; i < defaults.maxServices; i++) {
    traffics.of(route(3 + i));
    traffics.of(busy);
  }
  expect(traffics.of(busy)).toBe(before[1]);
  expect(traffics.of(old)).not.toBe(before[0]);
});

describe("the balancer", () => {
  test("is one for all sources of tasks, which share what is known of them", () => {
    const { traffic } = trafficOf();
    const byDns = traffic.balancer(from("dns", "10.0.0.1"), 0);
    expect(traffic.balancer(from("cloudMap", "10.0.0.1"), 0)).toBe(byDns);
  });

  test("is another for what goes through the proxy", () => {
    const { traffic } = trafficOf();
    const proxied = traffic.balancer(from("serviceConnect", "127.255.0.1"), 0);
    expect(traffic.balancer(from("dns", "10.0.0.1"), 0)).not.toBe(proxied);
    expect(proxied.endpoints).toMatchObject([{ address: "127.255.0.1" }]);
  });

  test("follows the endpoints that it is asked for", () => {
    const { traffic } = trafficOf();
    traffic.balancer(from("dns", "10.0.0.1"), 0);
    expect(traffic.balancer(from("dns", "10.0.0.2"), 0).endpoints).toMatchObject([{ address: "10.0.0.2" }]);
  });
});
