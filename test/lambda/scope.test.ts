import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { type LambdaContext, withByname } from "@byname/lambda";
import { bynameMiddleware } from "@byname/lambda/middy";
import middy from "@middy/core";
import { type Byname, DeadlineError } from "byname";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Handle, type Loopback, loopback } from "../support/loopback.ts";

let server: Loopback;
let handle: Handle;
let options: { services: { orders: { fixed: string } }; sources: ["fixed"] };

beforeEach(async () => {
  handle = (request, response) => response.end(request.url);
  server = await loopback((request, response) => handle(request, response));
  options = { services: { orders: { fixed: `http://127.0.0.1:${server.port}` } }, sources: ["fixed"] };
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

type Work = (event: unknown, context: LambdaContext, byname: Byname) => unknown;

/** The ways to call a service. */
const ways = {
  fetch: async (byname: Byname, headers = {}) => (await byname.fetch("http://orders/", { headers })).text(),
  request: async (byname: Byname, headers = {}) =>
    (await byname.request("http://orders/", { headers })).body.text(),
  async agent(byname: Byname, headers = {}) {
    const asked = request("http://orders/", { agent: byname.agent, headers }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return text(response);
  },
};

/** Fetch hides what went wrong behind an error of its own. */
function reason(error: Error): unknown {
  return error instanceof TypeError ? error.cause : error;
}

/** The ways to be told of an invocation. */
describe.each([
  ["withByname", (work: Work) => withByname(options, work)],
  [
    "Middy",
    (work: Work) =>
      middy()
        .use([{ before: async () => {} }, bynameMiddleware(options)])
        .handler(async (event, context) => work(event, context, context.byname)),
  ],
] as const)("by %s", (_name, wrapped) => {
  const invoke = (work: Work, context = contextOf()): Promise<unknown> => {
    const handler = wrapped(work) as (event: unknown, context: LambdaContext) => Promise<unknown>;
    return handler({}, context as never);
  };

  describe.each(Object.entries(ways))("a call by %s", (_way, call) => {
    test("fails when the invocation's time is nearly over, whatever its own limit is", async () => {
      handle = () => {};
      const error = await invoke((_event, _context, byname) => call(byname).catch(reason), contextOf(400));
      expect(error).toBeInstanceOf(DeadlineError);
      expect(Number(/within ([\d.]+) ms/.exec(String(error))?.[1])).toBeLessThanOrEqual(300);
    });

    test("fails then while its body is still coming", async () => {
      handle = (_request, response) => response.write("half of ");
      const error = await invoke((_event, _context, byname) => call(byname).catch(reason), contextOf(2_000));
      expect(error).toBeInstanceOf(DeadlineError);
      await server.deserted();
    });

    test("is not even sent when the time is over", async () => {
      const error = await invoke((_event, _context, byname) => call(byname).catch(reason), contextOf(100));
      expect(error).toBeInstanceOf(DeadlineError);
      expect(server.accepted).toBe(0);
    });

    test("carries on the invocation's trace, also after other work", async () => {
      await invoke(
        async (_event, _context, byname) => {
          await new Promise(setImmediate);
          await call(byname);
        },
        { ...contextOf(), xRayTraceId: "Root=1-2-3;Sampled=1" },
      );
      expect(server.seen[0]?.headers["x-amzn-trace-id"]).toBe("Root=1-2-3;Sampled=1");
    });

    test("has the variable's trace where the context has none, as it is at the time of the invocation", async () => {
      for (const trace of ["Root=1", "Root=2"]) {
        vi.stubEnv("_X_AMZN_TRACE_ID", trace);
        await invoke((_event, _context, byname) => call(byname));
      }
      expect(server.seen.map(({ headers }) => headers["x-amzn-trace-id"])).toEqual(["Root=1", "Root=2"]);
    });

    test.each([
      ["none", ""],
      ["no header's text", "Root=1\r\nx-evil: 1"],
    ])("has no trace where there is %s", async (_what, trace) => {
      vi.stubEnv("_X_AMZN_TRACE_ID", trace);
      await invoke((_event, _context, byname) => call(byname));
      expect(server.seen[0]?.headers).not.toHaveProperty("x-amzn-trace-id");
    });

    test("keeps a trace of its own", async () => {
      vi.stubEnv("_X_AMZN_TRACE_ID", "Root=1");
      const headers = { "X-Amzn-Trace-Id": "Root=own" };
      await invoke((_event, _context, byname) => call(byname, headers));
      expect(server.seen[0]?.headers["x-amzn-trace-id"]).toBe("Root=own");
    });
  });

  test("invocations at the same time have each their own time and trace", async () => {
    const traces = new Map<string, unknown>();
    handle = ({ url, headers }, response) => {
      traces.set(url!, headers["x-amzn-trace-id"]);
      if (url !== "/slow") response.end();
    };
    const handler = wrapped(async (event, _context, byname) => {
      await new Promise(setImmediate);
      await byname.fetch(`http://orders/${event}`);
      return event;
    }) as (event: unknown, context: unknown) => Promise<unknown>;
    const results = [1, 2, 3].map((n) => handler(n, { ...contextOf(), xRayTraceId: `Root=${n}` }));
    const slow = handler("slow", { ...contextOf(400), xRayTraceId: "Root=slow" });
    await expect(slow).rejects.toThrow(/^fetch failed: no response of orders within/);
    expect(await Promise.all(results)).toEqual([1, 2, 3]);
    expect(Object.fromEntries(traces)).toEqual({
      "/1": "Root=1",
      "/2": "Root=2",
      "/3": "Root=3",
      "/slow": "Root=slow",
    });
  });
});

test("a call that belongs to no invocation has no limit but its own", async () => {
  const handler = withByname(options, (_event: unknown, _context: LambdaContext, byname) => byname);
  const byname = await handler({}, contextOf(0));
  expect((await byname.fetch("http://orders/")).status).toBe(200);
});

test.each([
  ["answers", async () => "done"],
  ["fails", async () => Promise.reject(new Error("no"))],
])("what runs after an invocation by Middy that %s has no limit of it, as in tests", async (_how, work) => {
  const middleware = bynameMiddleware(options);
  const { promise, resolve } = Promise.withResolvers<Byname>();
  const handler = middy()
    .use(middleware)
    .handler(async (_event, context) => {
      resolve(context.byname);
      return work();
    });
  await handler({}, contextOf(0) as never).catch(() => {});
  expect((await (await promise).fetch("http://orders/")).status).toBe(200);
});

test("the process's own fetch has the invocation's limit as well, where byname is installed", async () => {
  handle = () => {};
  const handler = withByname(options, async (_event: unknown, _context: LambdaContext, byname) => {
    const uninstall = await byname.install();
    await fetch("http://orders/").finally(uninstall);
  });
  await expect(handler({}, contextOf(400))).rejects.toThrow(/^fetch failed: no response of orders within/);
});

test("the margin is what a handler has left then", async () => {
  const handler = withByname(
    { ...options, margin: 5_000 },
    (_event: unknown, _context: LambdaContext, byname) => byname.fetch("http://orders/"),
  );
  await expect(handler({}, contextOf(5_000))).rejects.toThrow(
    "fetch failed: no response of orders within 0 ms",
  );
  expect((await handler({}, contextOf(60_000))).status).toBe(200);
});

function contextOf(ms = 60_000): LambdaContext {
  const end = Date.now() + ms;
  return { getRemainingTimeInMillis: () => end - Date.now() };
}
