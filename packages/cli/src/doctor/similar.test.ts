import { describe, expect, it } from "vitest";
import { similar } from "./similar.ts";

describe("similar", () => {
  it.each([
    ["order", "orders"],
    ["Orders", "orders"],
    ["oders", "orders"],
    ["orders", "orders-http"],
    ["orders.sc.local", "orders"],
    ["sd.locl", "sd.local"],
  ])("%s is like %s", (wanted, name) => {
    expect(similar(wanted, ["payments", name])).toEqual([name]);
  });

  it("puts the nearest first", () => {
    expect(similar("order", ["orders-http", "orders"])).toEqual(["orders", "orders-http"]);
  });

  it("finds nothing where nothing is like it", () => {
    expect(similar("orders", ["payments", "users"])).toEqual([]);
  });
});
