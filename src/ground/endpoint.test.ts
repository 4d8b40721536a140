import { describe, expect, test } from "vitest";
import { authority, originAt, sameEndpoints } from "./endpoint.ts";

const a = { address: "10.0.0.1", port: 80 };
const b = { address: "10.0.0.2", port: 80 };

test.each([
  [a, "10.0.0.1:80"],
  [{ address: "2600::1", port: 80 }, "[2600::1]:80"],
  [{ address: "orders.example.com", port: 443 }, "orders.example.com:443"],
])("%j is at %s", (endpoint, text) => expect(authority(endpoint)).toBe(text));

test("its own scheme wins over the caller's", () => {
  expect(originAt(a, "http")).toBe("http://10.0.0.1:80");
  expect(originAt({ ...a, scheme: "https" }, "http")).toBe("https://10.0.0.1:80");
});

describe("two lists are the same", () => {
  test("in whatever order", () => {
    expect(sameEndpoints([a, b], [b, a])).toBe(true);
    expect(sameEndpoints([], [])).toBe(true);
  });

  test("not when one has more, or another", () => {
    expect(sameEndpoints([a], [a, b])).toBe(false);
    expect(sameEndpoints([a, b], [a])).toBe(false);
    expect(sameEndpoints([a], [b])).toBe(false);
    expect(sameEndpoints([a, b], [a, a])).toBe(false);
    expect(sameEndpoints([a, a], [a, b])).toBe(false);
  });

  test.each([
    { port: 81 },
    { id: "1" },
    { zone: "a" },
    { weight: 2 },
    { scheme: "https" },
    { serverName: "x" },
  ] as const)("not when %j differs", (change) =>
    expect(sameEndpoints([a], [{ ...a, ...change }])).toBe(false),
  );
});
