import { describe, expect, test } from "vitest";
import { type Catalog, queryFor } from "./catalog.ts";
import { configuredPort, directPort, proxyPort, urlVariable } from "./service.ts";
import { settleService } from "./settings.ts";

const catalog = of({
  metrics: { port: 6333 },
  "metrics:6334": { containerPort: 9000 },
  "web:80": {},
  web: {},
});

describe("the entry for a host and port", () => {
  test("is the one for that very port where there is one", () => {
    expect(queryFor(catalog, "metrics", 6334)?.service.key).toBe("metrics:6334");
    expect(queryFor(catalog, "metrics", 6335)?.service.key).toBe("metrics");
    expect(queryFor(catalog, "metrics")?.service.key).toBe("metrics");
  });

  test("is found for a scheme's own port, which no URL ever shows", () => {
    expect(queryFor(catalog, "web", undefined, "http")?.service.key).toBe("web:80");
    expect(queryFor(catalog, "web", undefined, "https")?.service.key).toBe("web");
    expect(queryFor(catalog, "web")?.service.key).toBe("web");
  });

  test.each(["constructor", "__proto__", "toString", "other"])("is nobody's for %s", (name) => {
    expect(queryFor(catalog, name)).toBeUndefined();
  });
});

describe("ports", () => {
  const query = (key: string, options = {}, urlPort?: number, scheme?: "http" | "https") =>
    queryFor(of({ [key]: options }), key.split(":")[0]!, urlPort, scheme)!;

  test("directly: what was discovered, containerPort, the URL's, port, the scheme's", () => {
    expect(directPort(query("a", { port: 1, containerPort: 2 }, 3), 4)).toBe(4);
    expect(directPort(query("a", { port: 1, containerPort: 2 }, 3))).toBe(2);
    expect(directPort(query("a", { port: 1 }, 3))).toBe(3);
    expect(directPort(query("a", { port: 1 }))).toBe(1);
    expect(directPort(query("a"))).toBe(80);
    expect(directPort(query("a", {}, undefined, "https"))).toBe(443);
    expect(configuredPort(query("a"))).toBeUndefined();
  });

  test("through the proxy: the URL's, port, the scheme's; never containerPort", () => {
    expect(proxyPort(query("a", { port: 1, containerPort: 2 }, 3))).toBe(3);
    expect(proxyPort(query("a", { port: 1, containerPort: 2 }))).toBe(1);
    expect(proxyPort(query("a", { containerPort: 2 }))).toBe(80);
    expect(proxyPort(query("a", { scheme: "https" }))).toBe(443);
    expect(proxyPort(query("a:7", {}, 7))).toBe(7);
  });

  test("the origin tells queries apart that may have different answers", () => {
    expect(query("a").origin).toBe("http://a");
    expect(query("a", {}, 81).origin).toBe("http://a:81");
    expect(query("a", {}, undefined, "https").origin).toBe("https://a");
    expect(query("a:7", {}, 7).origin).toBe("http://a:7");
  });
});

test.each([
  ["orders", "BYNAME_ORDERS_URL"],
  ["orders-api", "BYNAME_ORDERS_API_URL"],
  ["orders.internal", "BYNAME_ORDERS_INTERNAL_URL"],
  ["metrics:6334", "BYNAME_METRICS_6334_URL"],
])("the variable of %s is %s", (key, variable) => expect(urlVariable(key)).toBe(variable));

function of(services: Record<string, object>): Catalog {
  const settled = Object.entries(services).map(([key, options]) => settleService(key, options, { env: {} }));
  return new Map(settled.map((service) => [service.key, service]));
}
