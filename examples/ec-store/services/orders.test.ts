import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Child, endChild, startChild } from "../child.ts";

/** The real services, without any AWS: each finds the others at the fixed addresses in its environment. */
const children: Child[] = [];
let data: string;
let orders: readonly string[];

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "byname-orders-"));
  const [users, products] = await Promise.all([start("users"), start("products")]);
  const env = { BYNAME_SOURCES: "fixed", BYNAME_USERS_URL: users, BYNAME_PRODUCTS_URL: products };
  orders = await Promise.all([start("orders", env), start("orders", env)]);
}, 30_000);

afterAll(async () => {
  await Promise.all(children.map((child) => endChild(child, "SIGTERM")));
  await rm(data, { recursive: true });
});

it("places an order at the user's discount and takes it out of stock", async () => {
  const { status, body } = await put(0, "first", { user: "ada", sku: "mug", quantity: 2 });
  expect(status).toBe(201);
  expect(body).toEqual({ id: "first", user: "ada", sku: "mug", quantity: 2, total: 2_160 });
});

it("places an order once, however often and wherever it is sent", async () => {
  const wish = { user: "linus", sku: "pen", quantity: 1 };
  const answers = await Promise.all([0, 1, 0, 1].map((instance) => put(instance, "many", wish)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
  expect(await put(1, "many", wish)).toMatchObject({ status: 200, body: { total: 2_450 } });
});

it("refuses the id of another order", async () => {
  await put(0, "taken", { user: "ada", sku: "mug", quantity: 1 });
  expect(await put(1, "taken", { user: "ada", sku: "mug", quantity: 2 })).toMatchObject({ status: 409 });
});

it.each([
  ["an unknown user", { user: "eve", sku: "mug", quantity: 1 }, 404],
  ["an unknown product", { user: "ada", sku: "tea", quantity: 1 }, 404],
  ["what is sold out", { user: "ada", sku: "globe", quantity: 1 }, 409],
  ["what is no order", { user: "ada" }, 400],
])("refuses %s", async (what, wish, status) => {
  expect(await put(0, what, wish)).toMatchObject({ status });
});

async function start(service: string, env = {}): Promise<string> {
  const own = { HOST: "127.0.0.1", PORT: "0", STORE_DATA: data };
  const child = startChild(service, `./services/${service}.ts`, { ...env, ...own }, () => {});
  children.push(child);
  return `http://127.0.0.1:${await child.listening}`;
}

async function put(instance: number, id: string, wish: object): Promise<{ status: number; body: unknown }> {
  const url = `${orders[instance]}/orders/${encodeURIComponent(id)}`;
  const response = await fetch(url, { method: "PUT", body: JSON.stringify(wish) });
  return { status: response.status, body: await response.json() };
}
