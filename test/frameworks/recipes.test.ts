import { readFileSync } from "node:fs";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { describe, expect, test } from "vitest";
import { bynameModule } from "../support/child.ts";
import { deafPort, type Handle, type Loopback, loopback } from "../support/loopback.ts";
import { recipesOf, runRecipe } from "../support/recipes.ts";

/** The recipes of docs/frameworks.md, by their headings. */
const recipes = recipesOf("frameworks.md");
const callers = ["Hono", "Fastify"];
const clients = recipes.filter(({ heading }) => !callers.includes(heading));

test("there is a recipe for each framework", () => {
  const headings = recipes.map(({ heading }) => heading);
  expect(headings).toEqual(["ky", "ofetch", "openapi-fetch", "tRPC", ...callers]);
});

test.each(clients)(
  "the recipe for $heading calls a service by name",
  async ({ heading, code }) => {
    await using orders = await loopback(heading === "tRPC" ? trpc() : order);
    const answers = await runRecipe(code, at(orders));
    expect(answers).toEqual([{ id: 42 }]);
    expect(orders.seen).toMatchObject([{ method: "GET", host: "orders" }]);
  },
  60_000,
);

test.each(clients)(
  "the recipe for $heading leaves repeating to byname",
  async ({ code }) => {
    await using orders = await loopback((_request, response) => response.writeHead(503).end());
    // Some throw, some answer with what went wrong.
    await runRecipe(code, { ...at(orders), after: "" }).catch(() => {});
    expect(orders.seen).toHaveLength(3);
  },
  60_000,
);

test("ky's own retries would multiply with byname's", async () => {
  await using orders = await loopback((_request, response) => response.writeHead(503).end());
  const { code } = recipes.find(({ heading }) => heading === "ky")!;
  await runRecipe(code.replace("retry: 0", "retry: 2"), at(orders)).catch(() => {});
  expect(orders.seen).toHaveLength(9);
}, 60_000);

describe.each(callers)("a service by the recipe for %s", (caller) => {
  const { code } = recipes.find(({ heading }) => heading === caller)!;

  test("calls another one by name, with the id of what came to it", async () => {
    await using orders = await loopback(order);
    const { recipe, call } = await service(code);
    const answers = await runRecipe(recipe, { ...at(orders), after: `${call} print(await call("42"));` });
    expect(answers).toEqual([{ status: 200, body: '{"id":42}' }]);
    expect(orders.seen).toMatchObject([
      { target: "/v1/orders/42", host: "orders", headers: { "x-request-id": "r1" } },
    ]);
  }, 60_000);

  test("ends its call when its own caller leaves", async () => {
    const { asked, left, handle } = silentOrders();
    await using orders = await loopback(async (request, response) => {
      if (request.url === "/v1/orders/silent") return handle(request, response);
      await (request.url === "/asked" ? asked : left);
      return order(request, response);
    });
    const { recipe, call } = await service(code);
    const after = `
      ${call}
      const leaving = new AbortController();
      const silent = call("silent", { signal: leaving.signal });
      await fetch("http://127.0.0.1:${orders.port}/asked");
      leaving.abort();
      print(await silent);
      print(await call("when-left"));
    `;
    const answers = await runRecipe(recipe, { ...at(orders), after });
    expect(answers).toEqual([{ error: "AbortError" }, { status: 200, body: '{"id":42}' }]);
  }, 60_000);

  test("ends its call when its own time is over", async () => {
    await using orders = await loopback(silentOrders().handle);
    const { recipe, call } = await service(code);
    const { instance, env } = at(orders);
    const [answer] = await runRecipe(recipe, {
      // Nothing else ends it.
      instance: instance.replace("5_000", "500").replace("scope:", "request: { timeout: 0 }, scope:"),
      env,
      after: `${call} print(await call("silent"));`,
    });
    expect(answer).toMatchObject({ status: 500 });
  }, 60_000);
});

const order: Handle = (_request, response) =>
  response.setHeader("content-type", "application/json").end('{"id":42}');

/** Takes a call and never answers. */
function silentOrders() {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const handle: Handle = (_request, response) => {
    response.on("close", left.resolve);
    asked.resolve();
  };
  return { asked: asked.promise, left: left.promise, handle };
}

function trpc(): Handle {
  const { procedure, router } = initTRPC.create();
  const query = procedure.input(Number).query(({ input }) => ({ id: input }));
  return createHTTPHandler({ router: router({ order: query }), basePath: "/trpc/" });
}

/** The page's own instance, which the environment tells where `orders` is. */
function at({ port }: Loopback) {
  const page = readFileSync(new URL("../../docs/frameworks.md", import.meta.url), "utf8");
  const [, code] = /^```js\n\/\/ byname.js\n(.*?)^```/ms.exec(page)!;
  const instance = code!.replaceAll(/^export /gm, "").replace('"byname"', () => bynameModule);
  return { instance, env: { BYNAME_SOURCES: "fixed", BYNAME_ORDERS_URL: `http://127.0.0.1:${port}` } };
}

/** A recipe for a service at a port that is free, and code that calls it. */
async function service(code: string): Promise<{ recipe: string; call: string }> {
  const port = await deafPort();
  const call = `
    const call = (path, init) =>
      fetch("http://127.0.0.1:${port}/carts/" + path, { headers: { "x-request-id": "r1" }, ...init }).then(
        async (response) => ({ status: response.status, body: await response.text() }),
        (error) => ({ error: error.name }),
      );
  `;
  return { recipe: code.replace("port: 3000", `port: ${port}`), call };
}
