import { ConfigError } from "byname";
import { expect, test } from "vitest";
import * as edge from "./edge.ts";
import * as index from "./index.ts";

test("an edge runtime gets everything that Node.js gets, by name", () => {
  expect(Object.keys(edge).sort()).toEqual(Object.keys(index).sort());
});

test("register does nothing there, since Next.js calls it there too", async () => {
  await expect(edge.register()).resolves.toBeUndefined();
});

test("the others say what to do", async () => {
  expect(() => edge.byname()).toThrow(ConfigError);
  expect(() => edge.byname()).toThrow("an edge runtime");
  await expect(edge.fetch("http://orders/")).rejects.toThrow("an edge runtime");
});
