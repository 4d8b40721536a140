import { describe, expect, test } from "vitest";
import {
  type Byname,
  type BynameOptions,
  ConfigError,
  createByname,
  NoEndpointsError,
  RequestError,
  ResolveError,
  ServiceNotFoundError,
} from "../../src/index.ts";
import { down, empty, endpoints, FakeSource, notFound, notMine } from "../support/fake-source.ts";
import { deafPort, loopback } from "../support/loopback.ts";

/** An instance with one source, which answers for every name. */
function setUp(options: BynameOptions = {}, env: Record<string, string> = {}) {
  const source = new FakeSource("fake");
  source.always = endpoints(60_000, { address: "10.0.0.7" });
  const byname = createByname({ services: { orders: {} }, sources: [source, "fixed"], ...options }, { env });
  return { source, byname };
}

async function withServer(use: (byname: Byname, server: Awaited<ReturnType<typeof loopback>>) => unknown) {
  await using server = await loopback((request, response) => response.end(`${request.headers.host}`));
  const { byname, source } = setUp({ allow: ["127.0.0.0/8"] });
  source.always = endpoints(60_000, { address: "127.0.0.1", port: server.port });
  await using _byname = byname;
  await use(byname, server);
}

describe("resolve", () => {
  test("gives endpoints, their source and until when they hold", async () => {
    const { byname } = setUp({ services: { orders: { port: 8080 } } });
    const resolution = await byname.resolve("orders");
    expect(resolution).toEqual({
      service: "orders",
      source: "fake",
      stale: false,
      expiresAt: expect.any(Number),
      endpoints: [{ address: "10.0.0.7", port: 8080 }],
    });
    expect(resolution.expiresAt - Date.now()).toBeGreaterThan(50_000);
  });

  test.each([
    ["orders", 8080],
    ["Orders", 8080],
    ["orders:9090", 9090],
    ["metrics:6334", 1],
    ["metrics:6335", 6335],
    ["metrics", 6333],
    ["nobody", 80],
    ["nobody:81", 81],
  ])("%s is at port %i", async (name, port) => {
    const { byname } = setUp({
      services: { orders: { port: 8080 }, metrics: { port: 6333 }, "metrics:6334": { containerPort: 1 } },
    });
    expect((await byname.resolve(name)).endpoints).toMatchObject([{ port }]);
  });

  test.each(["", "http://orders/", "orders.", "10.0.0.7", "[::1]", "or ders", undefined, null, 7])(
    "%j is no name",
    async (name) => {
      const { byname } = setUp();
      const error = await byname.resolve(name as string).catch((reason) => reason);
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toMatch(/^service name: got .*; write a host name/);
    },
  );

  test("a service outside of the catalog may have its address in the environment", async () => {
    const env = { BYNAME_USERS_URL: "https://users.example.com", BYNAME_PRICES_URL: "prices" };
    const { byname, source } = setUp({}, env);
    source.always = notFound;
    expect(await byname.resolve("users")).toMatchObject({
      source: "fixed",
      endpoints: [{ address: "users.example.com", port: 443, scheme: "https" }],
    });
    await expect(byname.resolve("prices")).rejects.toThrow(/^BYNAME_PRICES_URL: got "prices"; write a URL/);
  });

  test.each([
    ["ServiceNotFoundError", notFound, ServiceNotFoundError, "BYNAME_SERVICE_NOT_FOUND"],
    ["NoEndpointsError", empty, NoEndpointsError, "BYNAME_NO_ENDPOINTS"],
    ["ResolveError", down, ResolveError, "BYNAME_RESOLVE"],
    ["ServiceNotFoundError", notMine, ServiceNotFoundError, "BYNAME_SERVICE_NOT_FOUND"],
  ])("fails with a %s that says what each source said", async (_kind, answer, type, code) => {
    const { byname, source } = setUp();
    source.always = answer;
    const error = await byname.resolve("orders").catch((reason) => reason);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({
      code,
      service: "orders",
      attempts: [
        { source: "fake", answer: answer.kind },
        { source: "fixed", answer: "notMine" },
      ],
    });
    expect(error.hint).not.toBe("");
    expect(error.message).toContain("BYNAME_ORDERS_URL");
  });

  test("an address that no service may have is refused, unless the user wrote it down", async () => {
    const { byname, source } = setUp({ services: { orders: {}, local: { fixed: "http://127.0.0.1:1" } } });
    source.always = endpoints(1_000, { address: "169.254.169.254" }, { address: "127.0.0.1" });
    await expect(byname.resolve("orders")).rejects.toThrow(/refused/);
    expect(await byname.resolve("local")).toMatchObject({
      source: "fixed",
      endpoints: [{ address: "127.0.0.1" }],
    });
  });

  test("a signal ends the waiting", async () => {
    const { byname, source } = setUp();
    source.always = undefined;
    const reason = new Error("enough");
    await expect(byname.resolve("orders", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const caller = new AbortController();
    const waiting = byname.resolve("orders", { signal: caller.signal });
    caller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await byname.destroy();
  });
});

describe("prefetch", () => {
  test("looks up all of the catalog, or what it is told", async () => {
    const { byname } = setUp({ services: { orders: {}, "metrics:6334": {} } });
    expect((await byname.prefetch()).map(({ service }) => service)).toEqual(["orders", "metrics:6334"]);
    expect(await byname.prefetch(["users"])).toMatchObject([{ service: "users", source: "fake" }]);
    expect(await byname.prefetch([])).toEqual([]);
  });

  test("has an error in the place of what cannot be resolved, and never throws", async () => {
    const { byname, source } = setUp();
    source.always = notFound;
    const states = await byname.prefetch(["orders", "or ders", undefined as never]);
    expect(states.map(({ error }) => error?.code)).toEqual([
      "BYNAME_SERVICE_NOT_FOUND",
      "BYNAME_CONFIG",
      "BYNAME_CONFIG",
    ]);
    expect(states.map(({ endpoints }) => endpoints)).toEqual([[], [], []]);
    await byname.close();
    expect(await byname.prefetch()).toMatchObject([{ service: "orders", error: { code: "BYNAME_CLOSED" } }]);
  });
});

describe("fetch and request", () => {
  test("reach the endpoint, and the service sees its own name", () =>
    withServer(async (byname, server) => {
      const response = await byname.fetch("http://orders/v1?token=x");
      expect(await response.text()).toBe("orders");
      expect(response.url).toBe("http://orders/v1?token=x");
      const { statusCode, body } = await byname.request(new URL("http://orders/v2"));
      expect([statusCode, await body.text()]).toEqual([200, "orders"]);
      expect(server.seen.map(({ target }) => target)).toEqual(["/v1?token=x", "/v2"]);
    }));

  test("work when they are taken off the instance", () =>
    withServer(async ({ fetch, request, resolve, prefetch, watch, close, destroy, install }) => {
      expect(await (await fetch("http://orders/")).text()).toBe("orders");
      expect(await (await request("http://orders/")).body.text()).toBe("orders");
      expect((await resolve("orders")).source).toBe("fake");
      expect(await prefetch()).toHaveLength(1);
      for await (const state of watch("orders")) if (!state.error) break;
      (await install())();
      await close();
      await destroy();
    }));

  test("an entry for http's own port is found by URLs, which leave it out", () =>
    withServer(async (_byname, server) => {
      const source = new FakeSource("fake");
      source.always = endpoints(60_000, { address: "127.0.0.1", port: server.port });
      await using byname = createByname({
        services: { "web:80": {} },
        sources: [source],
        allow: ["127.0.0.0/8"],
      });
      expect(await (await byname.fetch("http://web/")).text()).toBe("web");
    }));

  test("a URL of nobody's goes where it says, one with a final dot among them", () =>
    withServer(async (byname, server) => {
      const response = await byname.fetch(`http://127.0.0.1:${server.port}/`);
      expect(await response.text()).toBe(`127.0.0.1:${server.port}`);
      const { cause } = await byname.fetch("http://orders./").catch((error) => error);
      expect(cause).not.toBeInstanceOf(ResolveError);
      expect(server.seen).toHaveLength(1);
    }));

  test("fetch fails with a TypeError whose cause says why, request with that cause", async () => {
    const { byname, source } = setUp({ allow: ["127.0.0.0/8"] });
    source.always = notFound;
    const url = "http://orders/?token=hunter2";
    const failed = await byname.fetch(url).catch((error) => error);
    expect(failed).toBeInstanceOf(TypeError);
    expect(failed.cause).toBeInstanceOf(ServiceNotFoundError);
    await expect(byname.request(url)).rejects.toBeInstanceOf(ServiceNotFoundError);

    await using other = setUp({ allow: ["127.0.0.0/8"] }).byname;
    const unreachable = createByname({
      services: { orders: {} },
      sources: [{ name: "own", lookup: () => endpoints(60_000, { address: "127.0.0.1", port }) }],
      allow: ["127.0.0.0/8"],
    });
    const port = await deafPort();
    const refused = await unreachable.fetch(url).catch((error) => error);
    expect(refused).toBeInstanceOf(TypeError);
    expect(refused.cause).toBeInstanceOf(RequestError);
    const direct = await unreachable.request(url).catch((error) => error);
    expect(direct).toBeInstanceOf(RequestError);
    expect(direct).toMatchObject({ code: "BYNAME_REQUEST", service: "orders", endpoint: { port } });
    for (const error of [failed, failed.cause, refused.cause, direct])
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("hunter2");
    await Promise.all([byname.close(), unreachable.close(), other.close()]);
  });

  test("what is no URL is a rejection, never a throw", async () => {
    const { byname } = setUp();
    for (const input of [undefined, null, "", "orders/v1", {}] as string[]) {
      await expect(byname.fetch(input)).rejects.toBeInstanceOf(TypeError);
      await expect(byname.request(input)).rejects.toBeInstanceOf(Error);
    }
  });
});

describe("watch", () => {
  test("tells the endpoints now, and again when they changed, until its signal ends it", async () => {
    const { byname, source } = setUp();
    const caller = new AbortController();
    const seen: string[] = [];
    let answers = 0;
    source.always = () => endpoints(1_000, { address: `10.0.0.${1 + Math.floor(answers++ / 2)}` });
    for await (const { endpoints } of byname.watch("orders", { signal: caller.signal })) {
      seen.push(...endpoints.map(({ address }) => address));
      if (seen.length === 2) caller.abort();
    }
    expect(seen).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  test("a failure is a state", async () => {
    const { byname, source } = setUp();
    source.always = notFound;
    for await (const state of byname.watch("orders")) {
      expect(state).toMatchObject({
        service: "orders",
        endpoints: [],
        error: { code: "BYNAME_SERVICE_NOT_FOUND" },
      });
      break;
    }
  });

  test("a name that cannot be one is a ConfigError at once", () => {
    const { byname } = setUp();
    expect(() => byname.watch("or ders")).toThrow(ConfigError);
  });

  test.each(["close", "destroy"] as const)("ends on %s", async (how) => {
    const { byname } = setUp();
    const states = byname.watch("orders")[Symbol.asyncIterator]();
    expect((await states.next()).value).toMatchObject({ source: "fake" });
    const next = states.next();
    await byname[how]();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await byname.watch("orders")[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
  });

  test("with a signal that has aborted there is nothing to see, and nobody is asked", async () => {
    const { byname, source } = setUp();
    for await (const _ of byname.watch("orders", { signal: AbortSignal.abort() })) expect.unreachable();
    expect(source.asked).toBe(0);
  });
});
