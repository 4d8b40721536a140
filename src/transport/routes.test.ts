import { describe, expect, test } from "vitest";
import { settleService } from "../ground/settings.ts";
import { isForService, originOf, Routes } from "./routes.ts";

describe("routes", () => {
  test("know a service by any spelling of its origin, with one picker for each origin", () => {
    const routes = routesTo("orders");
    const route = routes.match("http://orders")!;
    expect(route).toMatchObject({
      host: ["host", "orders"],
      query: { origin: "http://orders", scheme: "http" },
    });
    expect(routes.match("HTTP://ORDERS:80")).toBe(route);
    expect(routes.match("http://orders")).toBe(route);
    expect(routes.match("https://orders")).not.toBe(route);
    expect(routes.match("http://orders:8080")?.host).toEqual(["host", "orders:8080"]);
  });

  test("lead a port that is a service of its own to that", () => {
    const routes = routesTo("metrics", "metrics:6334");
    expect(routes.match("http://metrics:6334")?.query.service.key).toBe("metrics:6334");
    expect(routes.match("http://metrics:1")?.query.service.key).toBe("metrics");
  });

  test.each([
    "http://other",
    "ftp://orders",
    "ws://orders",
    "http://orders.example",
    "http://example/orders",
    "orders",
    "",
    "http://",
  ])("do not know %j", (origin) => {
    expect(routesTo("orders").match(origin)).toBeUndefined();
  });

  test("go on knowing services when callers have used up what is remembered", () => {
    const routes = routesTo("orders");
    for (let port = 1; port <= 3_000; port++) routes.match(`http://orders:${port}`);
    expect(routes.match("https://orders")).toMatchObject({ host: ["host", "orders"] });
  });
});

test.each([
  ["http://orders/path", "http://orders"],
  ["http://orders?q", "http://orders"],
  ["http://orders#h", "http://orders"],
  ["http://orders\\path", "http://orders"],
  ["http://orders", "http://orders"],
  ["https://user:pw@orders:1/", "https://user:pw@orders:1"],
  ["http:/orders/path", "http:/orders/path"],
  ["http:///orders/path", "http:///orders/path"],
])("the origin of %s is read as %s", (url, origin) => {
  expect(originOf(url)).toBe(origin);
});

test("what fetch was given is a service's by its URL, whatever it comes as", () => {
  const routes = routesTo("orders");
  const forService = ["http://orders/", new URL("http://orders/"), new Request("http://orders/")];
  for (const input of forService) expect(isForService(routes, input)).toBe(true);
  for (const input of ["http://other/", "/orders", undefined, null, {}])
    expect(isForService(routes, input as string)).toBe(false);
});

function routesTo(...keys: string[]): Routes {
  const services = keys.map((key) => settleService(key, {}, { env: {} }));
  return new Routes(new Map(services.map((service) => [service.key, service])));
}
