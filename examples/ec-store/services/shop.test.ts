import { describe, expect, it } from "vitest";
import { bargains, isSameWish, isWish, type Product, totalOf } from "./shop.ts";

const mug: Product = { sku: "mug", name: "Mug", price: 1_250, stock: 3 };
const lamp: Product = { sku: "lamp", name: "Lamp", price: 3_900, stock: 1 };
const globe: Product = { sku: "globe", name: "Globe", price: 100, stock: 0 };
const ada = { id: "ada", name: "Ada", discount: 10 };

describe("the total of an order", () => {
  it("is price times quantity, less the user's discount", () => {
    expect(totalOf(3, mug, ada)).toBe(3_375);
  });

  it("is in whole cents, rounded in the customer's favour", () => {
    expect(totalOf(1, { ...mug, price: 999 }, { ...ada, discount: 5 })).toBe(949);
  });
});

describe("a wish", () => {
  it("has a user, a product, and a quantity from 1 to 100", () => {
    expect(isWish({ user: "ada", sku: "mug", quantity: 100 })).toBe(true);
  });

  it.each([undefined, null, "mug", {}, { user: "ada", sku: "mug" }, ...[0, 101, 1.5, "2"].map(wishFor)])(
    "is not %j",
    (value) => expect(isWish(value)).toBe(false),
  );

  it("is the same only with the same user, product and quantity", () => {
    expect(isSameWish(wish, { ...wish })).toBe(true);
    for (const other of [{ user: "grace" }, { sku: "lamp" }, { quantity: 2 }]) {
      expect(isSameWish(wish, { ...wish, ...other })).toBe(false);
    }
  });
});

describe("bargains", () => {
  it("are what can be had, the cheapest first", () => {
    expect(bargains([lamp, globe, mug], 2)).toEqual([mug, lamp]);
    expect(bargains([lamp, globe, mug], 1)).toEqual([mug]);
  });
});

const wish = { user: "ada", sku: "mug", quantity: 1 };

function wishFor(quantity: unknown): unknown {
  return { user: "ada", sku: "mug", quantity };
}
