import { expect, it } from "vitest";
import { heading, row, summary } from "./table.ts";

const plain = (_colour: string, text: string) => text;
const marked = (colour: string, text: string) => `<${colour}>${text}</${colour}>`;
const call = { caller: "orders", service: "users", way: "dns", endpoint: "10.0.0.7:8080", ms: 2.345 };

it("keeps the columns of every line in the same places", () => {
  expect([heading(plain), row(call, plain), row({ ...call, error: "ECONNREFUSED" }, plain)]).toEqual([
    "  caller           service          way              endpoint         latency",
    "  orders           users            dns              10.0.0.7:8080    2.3 ms",
    "  orders           users            dns              10.0.0.7:8080    ECONNREFUSED",
  ]);
});

it("gives the way its colour, and a failure all of its line", () => {
  expect(row(call, marked)).toContain(" <cyan>dns</cyan> ");
  expect(row({ ...call, way: "serviceConnect" }, marked)).toContain(" <green>serviceConnect</green> ");
  expect(row({ ...call, way: "dns, kept" }, marked)).toContain(" <yellow>dns, kept</yellow> ");
  expect(row({ ...call, error: "ECONNREFUSED" }, marked)).toMatch(/^<red>.*<\/red>$/);
});

it("sums up by caller and way, in the order in which ways are tried", () => {
  const calls = new Map([
    ["storefront", new Map([["serviceConnect", 7]])],
    [
      "renewals",
      new Map([
        ["cloudMap", 2],
        ["dns, kept", 1],
        ["dns", 12],
      ]),
    ],
  ]);
  expect(summary(calls)).toBe(
    [
      "  calls            serviceConnect   dns              cloudMap         dns, kept",
      "  renewals         -                12               2                1",
      "  storefront       7                -                -                -",
    ].join("\n"),
  );
});
