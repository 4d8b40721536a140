import { expect, it } from "vitest";
import { match } from "./serve.ts";

it("takes the named parts of a path out of it", () => {
  expect(match("PUT /products/:sku/reservations/:order", "PUT /products/mug/reservations/7")).toEqual({
    sku: "mug",
    order: "7",
  });
  expect(match("GET /users/:id", "GET /users/a%20b")).toEqual({ id: "a b" });
});

it("leaves other methods and paths to other routes", () => {
  for (const asked of ["PUT /users/ada", "GET /users", "GET /users/ada/orders", "GET /orders/ada"]) {
    expect(match("GET /users/:id", asked)).toBeUndefined();
  }
});
