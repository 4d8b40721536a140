import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "./errors.ts";
import { isHostName, parseServiceName } from "./service-name.ts";

describe("a service's name", () => {
  test.each([
    ["orders", { name: "orders" }],
    ["Orders", { name: "orders" }],
    ["orders.internal", { name: "orders.internal" }],
    ["metrics:6334", { name: "metrics", port: 6334 }],
    ["orders_v2", { name: "orders_v2" }],
    ["_orders._tcp", { name: "_orders._tcp" }],
    ["a", { name: "a" }],
    ["7up", { name: "7up" }],
    ["xn--bcher-kva", { name: "xn--bcher-kva" }],
    ["__proto__", { name: "__proto__" }],
    ["constructor", { name: "constructor" }],
    ["x".repeat(63), { name: "x".repeat(63) }],
  ])("%j is one", (text, name) => expect(parseServiceName(text)).toEqual(name));

  test.each([
    "",
    ".",
    "orders.",
    ".orders",
    "a..b",
    "-orders",
    "orders-",
    "or ders",
    "orders\n",
    "orders\0",
    "orders/v1",
    "orders:",
    "orders:0",
    "orders:65536",
    "orders:80:80",
    "orders:-1",
    "bücher",
    "注文",
    "http://orders",
    "user@orders",
    "[::1]",
    "::1",
    "x".repeat(64),
    `${"x.".repeat(130)}x`,
  ])("%j is none", (text) => expect(() => parseServiceName(text)).toThrow(ConfigError));

  test.each(["10.0.0.7", "1", "orders.1", "0x7f000001", "orders.0x1f", "0x", "127.1"])(
    "%s would be an IPv4 address in a URL, so it is none",
    (text) => expect(() => parseServiceName(text)).toThrow(ConfigError),
  );

  test.each([undefined, null, 7, {}, ["orders"], new URL("http://orders/")])(
    "%j is a ConfigError and no other",
    (value) => expect(() => parseServiceName(value as string)).toThrow(ConfigError),
  );

  test("the error says what to write", () => {
    expect(() => parseServiceName("or ders")).toThrow(
      'service name: got "or ders"; write a host name of letters, digits, "-" and "_", such as "orders" or "metrics:6334"',
    );
  });

  test("whatever is accepted is a URL's host as it stands", () => {
    const text = fc.stringMatching(/^[a-zA-Z0-9_.x-]{1,12}$/);
    fc.assert(
      fc.property(text, (name) => {
        if (isHostName(name.toLowerCase()))
          expect(new URL(`http://${name}/`).hostname).toBe(name.toLowerCase());
      }),
      { numRuns: 2_000 },
    );
  });
});
