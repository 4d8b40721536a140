import { expect, test } from "vitest";
import { queryNamed } from "../../test/support/fake-source.ts";
import { fixedSource } from "./fixed.ts";

const signal = new AbortController().signal;
const lookUp = (options: object, key = "orders") => fixedSource().lookup(queryNamed(key, options), signal);

test("gives the addresses that were written down, each with its own scheme", () => {
  expect(lookUp({ fixed: ["http://10.0.0.7:8080", "http://[::1]", "https://10.0.0.8"] })).toEqual({
    kind: "endpoints",
    endpoints: [
      { address: "10.0.0.7", port: 8080, scheme: "http" },
      { address: "::1", port: 80, scheme: "http" },
      { address: "10.0.0.8", port: 443, scheme: "https" },
    ],
    ttl: 10_000,
  });
});

test("over HTTPS the certificate is checked against the host that was written down", () => {
  expect(lookUp({ fixed: "https://orders.example.com" })).toMatchObject({
    endpoints: [{ address: "orders.example.com", serverName: "orders.example.com" }],
  });
});

test.each([
  ["orders", "BYNAME_ORDERS_URL"],
  ["metrics:6334", "BYNAME_METRICS_6334_URL"],
])("without one for %s it says how to set one", (key, variable) => {
  expect(lookUp({}, key)).toEqual({
    kind: "notMine",
    detail: `no fixed address; set \`fixed\` or ${variable}`,
  });
});

test("is trusted, and the last resort", () => {
  expect(fixedSource()).toMatchObject({ name: "fixed", trusted: true, lastResort: true });
});
