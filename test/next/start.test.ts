import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Local, type LocalInstance, startLocal } from "../../packages/local/src/index.ts";
import { bodyOf, deafPort, type Loopback, loopback } from "../support/loopback.ts";
import { type NextApp, type NextServer, nextApp } from "../support/next-app.ts";

/** The example with pages of the tests' own, built and started by the real Next.js. */
describe.each([
  ["inside of Next's bundles", []],
  ["outside of Next's bundles", ["@byname/next", "byname"]],
])("byname %s", (_where, external) => {
  let local: Local;
  let app: NextApp;
  let server: NextServer;
  let orders: Loopback;
  let first: LocalInstance;

  beforeAll(async () => {
    local = await startLocal({ services: { orders: { dns: { ttl: 1 } }, users: {} } });
    orders = await loopback(answer("first"));
    first = await local.register("orders", { port: orders.port });
    await local.serve("users", (request, response) => {
      response.statusCode = request.url === "/users/ada" ? 200 : 404;
      response.end('{"name":"Ada"}');
    });
    app = await nextApp();
    await app.write("next.config.ts", `export default ${JSON.stringify(config(external))};`);
    for (const entry of ["instrumentation.ts", "proxy.ts"])
      await app.edit(entry, (code) => `import "./app/copies.ts";\n${code}`);
    await app.write("catalog.json", '{ "services": { "orders": {} } }');
    await app.build({ ...local.env("host"), BYNAME_CONFIG: "./catalog.json" });
    server = await app.run("start", local.env("host"));
  }, 240_000);

  afterAll(async () => {
    await app?.close();
    await local?.close();
    await orders?.close();
  });

  describe.each(["plain", "exported", "request"])("%s fetch", (how) => {
    test("knows services in a server component", async () => {
      const { status, answers } = await ask(`/ask/${how}/no/${how}-component`);
      expect(status).toBe(200);
      expect(answers).toEqual(["first", "first", "first"]);
      expect(hits(`${how}-component`)[0]!.host).toBe("orders");
    });

    test("knows services in a route handler", async () => {
      const response = await fetch(`${server.url}/pass/${how}/${how}-handler`);
      expect(await response.text()).toBe("first");
    });

    test("asks once for what one render wants three times", async () => {
      await ask(`/ask/${how}/no/${how}-memo`);
      expect(hits(`${how}-memo`)).toHaveLength(1);
      await ask(`/ask/${how}/no/${how}-memo`);
      expect(hits(`${how}-memo`)).toHaveLength(2);
    });

    test("keeps what is to be kept for a time, until its tag is revalidated", async () => {
      for (let times = 0; times < 3; times++) await ask(`/ask/${how}/revalidated/${how}-tag`);
      expect(hits(`${how}-tag`)).toHaveLength(1);
      await fetch(`${server.url}/forget/${how}-tag`, { method: "POST" });
      for (let times = 0; times < 3; times++) await ask(`/ask/${how}/revalidated/${how}-tag`);
      expect(hits(`${how}-tag`)).toHaveLength(2);
    });

    test("keeps what is to be kept for good", async () => {
      for (let times = 0; times < 3; times++) await ask(`/ask/${how}/forced/${how}-forced`);
      expect(hits(`${how}-forced`)).toHaveLength(1);
    });
  });

  describe("the example", () => {
    test("greets whom proxy.ts has asked for, and lists orders", async () => {
      const page = await (await fetch(server.url)).text();
      expect(page).toContain("Ada");
      expect(page).toContain("lamp");
    });

    test("lets nobody in whom the service does not know", async () => {
      const { status } = await fetch(server.url, { headers: { cookie: "user=eve" } });
      expect(status).toBe(401);
    });

    test("places an order by a server action, and shows it", async () => {
      const page = await (await fetch(server.url)).text();
      const [, action] = /name="(\$ACTION_ID_\w+)"/.exec(page)!;
      const form = new FormData();
      form.set(action!, "");
      form.set("product", "mug");
      const headers = { origin: server.url };
      const shown = await fetch(server.url, { method: "POST", headers, body: form });
      expect(await shown.text()).toMatch(/<a [^>]*>mug</);
      const sent = orders.seen.find(({ method }) => method === "POST")!;
      expect(sent.headers["idempotency-key"]).toMatch(/^[\w-]{36}$/);
    });

    test("passes a service's answer on", async () => {
      const response = await fetch(`${server.url}/orders/1`);
      expect(await response.json()).toMatchObject({ product: "lamp" });
    });
  });

  describe("the instance", () => {
    test("is one for all of Next's entries, of which each may have a copy of the package", async () => {
      await fetch(server.url);
      const { copies, instances } = await instance();
      expect(instances).toBe(1);
      if (external.length === 0) expect(copies).toBeGreaterThan(1);
      else expect(copies).toBe(1);
    });

    test("is there for what is not fetch", async () => {
      expect(await instance()).toMatchObject({ answer: "first", source: "dns" });
    });

    test("asks the Cloud Map API as well", async () => {
      const other = await app.run("start", { ...local.env("host"), BYNAME_SOURCES: "cloudMap" });
      expect(await instance(other)).toMatchObject({ answer: "first", source: "cloudMap" });
      await other.stop();
    });

    test("is made without register where the environment has the catalog, as in `next build`", async () => {
      const { answers } = await ask("/built");
      expect(answers).toEqual(["first"]);
      expect(hits("built")).toHaveLength(1);
    });
  });

  test("an edge runtime gets an error that says what to do, and only when something is used", async () => {
    const response = await fetch(`${server.url}/edge`);
    const [fetching, asking] = (await response.json()) as object[];
    expect(fetching).toMatchObject({
      name: "ConfigError",
      code: "BYNAME_CONFIG",
      message: expect.stringContaining("code that runs on Node.js"),
    });
    expect(asking).toEqual(fetching);
  });

  describe("endpoints", () => {
    test("that do not answer are passed", async () => {
      const dead = await local.register("orders", { port: await deafPort() });
      local.dns.forget();
      await expect
        .poll(async () => (await ask("/ask/plain/no/anew")) && lookups(), { timeout: 10_000 })
        .toBeGreaterThan(0);
      for (let times = 0; times < 20; times++) {
        const { answers } = await ask(`/ask/plain/no/passed-${times}`);
        expect(answers).toEqual(["first", "first", "first"]);
      }
      await dead.deregister();
    });

    test("that move take the next request with them, and leave what is cached as it was", async () => {
      await ask("/ask/plain/revalidated/moved");
      await using second = await loopback(answer("second"), { address: "127.0.0.2" });
      await first.deregister();
      await local.register("orders", { address: second.address, port: second.port });
      await expect
        .poll(async () => (await ask("/ask/plain/no/anew")).answers[0], { timeout: 10_000 })
        .toBe("second");
      const { answers } = await ask("/ask/plain/revalidated/moved");
      expect(answers).toEqual(["first", "first", "first"]);
      expect(second.seen.map(({ target }) => target)).not.toContain("/orders/moved");
    });
  });

  /** What a page of the tests shows. */
  async function ask(path: string): Promise<{ status: number; answers: string[] }> {
    const response = await fetch(`${server.url}${path}`);
    const page = await response.text();
    const answers = [...page.matchAll(/<output>(.*?)<\/output>/g)].map(([, text]) => text!);
    return { status: response.status, answers };
  }

  async function instance({ url } = server): Promise<Record<string, unknown>> {
    const response = await fetch(`${url}/instance`);
    return (await response.json()) as Record<string, unknown>;
  }

  /** How often the service was asked for this. */
  function hits(id: string) {
    return orders.seen.filter(({ target }) => target === `/orders/${id}`);
  }

  /** How often the service was looked up since DNS forgot. */
  function lookups(): number {
    return local.dns.requests.filter(({ name, type }) => type === "SRV" && name.startsWith("orders.")).length;
  }
});

/** What is built is used once, so nothing is kept for the next build or for a debugger. */
function config(external: readonly string[]) {
  const experimental = { turbopackFileSystemCacheForBuild: false, turbopackSourceMaps: false };
  return { serverExternalPackages: external, experimental };
}

/** A task of `orders`, which keeps the orders of this task. */
function answer(name: string) {
  const placed = [{ id: 1, product: "lamp" }];
  return async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === "POST") placed.push({ id: 2, ...JSON.parse(String(await bodyOf(request))) });
    if (request.url === "/orders") response.end(JSON.stringify(placed));
    else if (request.url === "/orders/1") response.end(JSON.stringify(placed[0]));
    else response.end(name);
  };
}
