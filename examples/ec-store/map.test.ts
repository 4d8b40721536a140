import { beforeEach, describe, expect, it } from "vitest";
import type { Attempt } from "./child.ts";
import { StoreMap } from "./map.ts";

let now: number;
let map: StoreMap;

beforeEach(() => {
  now = 1_000_000;
  map = new StoreMap(() => now);
});

describe("an edge", () => {
  it("has the way of most calls of the last three seconds", () => {
    call({ source: "serviceConnect" }, 5);
    now += 3_000;
    call({ source: "dns" }, 2);
    call({ source: "serviceConnect" });
    map.tick();
    expect(edge()).toMatchObject({ caller: "storefront", service: "orders", way: "dns" });
  });

  it("keeps its way while nobody calls, and has none while every call fails", () => {
    call({ source: "dns" });
    map.tick();
    now += 60_000;
    map.tick();
    expect(edge()).toMatchObject({ way: "dns", rate: 0, p99: 0 });
    call({ source: "dns", error: "ECONNREFUSED" });
    map.tick();
    expect(edge()).toMatchObject({ way: "none", rate: 0, failures: 0.1 });
  });

  it("says so where the answer is kept past its lifetime", () => {
    call({ source: "dns", stale: true });
    now += 4_000;
    call({ source: "dns", stale: true });
    map.tick();
    expect(edge().way).toBe("dns, kept");
  });

  it("has its rate and p99 from the answers of the last ten seconds", () => {
    call({ ms: 5_000 });
    now += 10_000;
    for (let ms = 1; ms <= 200; ms++) call({ ms });
    call({ ms: 9_000, error: "ETIMEDOUT" });
    map.tick();
    expect(edge()).toMatchObject({ rate: 20, p99: 198, failures: 0.1 });
  });

  it("counts the endpoints that are left out, until they are back or their time is over", () => {
    eject(4001, 30_000);
    eject(4002, 30_000);
    map.tick();
    expect(edge().ejected).toBe(2);
    eject(4001, 0);
    map.tick();
    expect(edge().ejected).toBe(1);
    now += 30_000;
    map.tick();
    expect(edge().ejected).toBe(0);
  });
});

describe("the time line", () => {
  it("tells a change of way once, of all edges at once, and not the first way", () => {
    for (const service of ["orders", "users", "products"]) call({ service });
    map.add("orders", { attempt: attempt({ service: "users" }) });
    map.tick();
    expect(map.state().events).toEqual([]);
    now += 3_000;
    for (const service of ["orders", "users"]) call({ service, source: "dns" });
    map.add("orders", { attempt: attempt({ service: "users", source: "dns" }) });
    map.tick();
    map.tick();
    const text = "storefront → orders, users; orders";
    expect(map.state().events).toEqual([{ id: 1, at: now, kind: "way", way: "dns", text }]);
  });

  it("tells who leaves out what, once for all processes of a caller", () => {
    eject(4001, 30_000);
    eject(4001, 30_000);
    eject(4001, 0);
    eject(4001, 0);
    expect(map.state().events.map(({ kind, text }) => [kind, text])).toEqual([
      ["back", "storefront takes 10.0.0.7:4001 of orders again"],
      ["ejected", "storefront leaves out 10.0.0.7:4001 of orders"],
    ]);
  });

  it("has the newest first, and forgets the oldest", () => {
    for (let count = 1; count <= 50; count++) map.note("broken", `part ${count}`);
    const { events } = map.state();
    expect(events).toHaveLength(40);
    expect(events[0]!.text).toBe("part 50");
  });
});

describe("an order", () => {
  it("is known by the calls of its trace, that of the order itself first", () => {
    told("orders", "one", { service: "users", path: "/users/ada" });
    told("orders", "other", { service: "users", path: "/users/ada" });
    told("storefront", "one", { method: "PUT", path: "/orders/o-1" });
    told("orders", "one", { service: "products", path: "/products/mug" });
    expect(map.order("o-1").map(({ caller, service }) => `${caller} → ${service}`)).toEqual([
      "storefront → orders",
      "orders → users",
      "orders → products",
    ]);
    expect(map.order("o-2")).toEqual([]);
  });

  it("is forgotten after 500 others", () => {
    for (let count = 0; count <= 500; count++) {
      told("storefront", `trace ${count}`, { method: "PUT", path: `/orders/o-${count}` });
    }
    expect(map.order("o-0")).toEqual([]);
    expect(map.order("o-1")).toHaveLength(1);
  });
});

function edge() {
  return map.state().edges[0]!;
}

function call(fields: Partial<Attempt>, times = 1): void {
  for (let count = 0; count < times; count++) map.add("storefront", { attempt: attempt(fields) });
}

function told(caller: string, trace: string, fields: Partial<Attempt>): void {
  map.add(caller, { attempt: attempt(fields), trace });
}

function eject(port: number, ms: number): void {
  map.add("storefront", { eject: { service: "orders", endpoint: { address: "10.0.0.7", port }, ms } });
}

function attempt(fields: Partial<Attempt>): Attempt {
  const endpoint = { address: "10.0.0.7", port: 4001 };
  return {
    service: "orders",
    source: "serviceConnect",
    stale: false,
    endpoint,
    method: "GET",
    path: "/",
    resent: 0,
    crossZone: false,
    ms: 2,
    ...fields,
  };
}
