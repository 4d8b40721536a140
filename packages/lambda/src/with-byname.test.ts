import { ConfigError } from "byname";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { streamWithByname, withByname } from "./with-byname.ts";

const options = { services: { orders: {} }, sources: ["fixed"] } as const;
const context = { getRemainingTimeInMillis: () => 3_000, awsRequestId: "1" };
const anyByname = expect.objectContaining({ fetch: expect.any(Function), prefetch: expect.any(Function) });

describe("a handler", () => {
  test("gets byname behind its context", async () => {
    const handler = withByname(options, (...given) => given);
    expect(await handler({ order: 1 }, context)).toEqual([{ order: 1 }, context, anyByname]);
  });

  test("gets it behind the context of a streaming one, too", async () => {
    const stream = { write() {} };
    let given: unknown[] = [];
    const handler = streamWithByname(
      options,
      async (event: object, to: typeof stream, about: typeof context, byname) => {
        given = [event, to, about, byname];
      },
    );
    await handler({}, stream, context);
    expect(given).toEqual([{}, stream, context, anyByname]);
  });

  test("gets it behind whatever a test has in the place of the context, in a streaming one as well", async () => {
    let given: unknown[] = [];
    const handler = streamWithByname(options, async (...all: unknown[]) => {
      given = all;
    }) as (...args: unknown[]) => Promise<void>;
    const fake = { awsRequestId: "1" };
    await handler({}, "stream", fake);
    expect(given).toEqual([{}, "stream", fake, anyByname]);
  });

  test("gets the same one at each invocation", async () => {
    const handler = withByname(options, (_event: unknown, _context: typeof context, byname) => byname);
    expect(await handler(1, context)).toBe(await handler(2, context));
  });

  test("gets it in place of a callback", async () => {
    const handler = withByname(options, (...given) => given.length) as (...args: unknown[]) => unknown;
    expect(await handler({}, context, () => {})).toBe(3);
  });

  test.each([
    ["without a context", []],
    ["with one that tells nothing", [{}]],
  ])("can be called %s, as tests do", async (_what, rest) => {
    const handler = withByname(options, (...given) => given) as (...args: unknown[]) => unknown;
    expect(await handler({}, ...rest)).toEqual([{}, rest[0], anyByname]);
  });

  test("does not look like one with a callback, which Node 24's runtime refuses", () => {
    const handler = withByname(options, (_event: unknown, _context: typeof context, _byname) => {});
    expect(handler.length).toBeLessThan(3);
  });

  test("is a streaming one where what it wraps is", () => {
    const streaming = Symbol.for("aws.lambda.runtime.handler.streaming");
    const handler = withByname(
      options,
      Object.assign(async () => {}, { [streaming]: "response" }),
    );
    expect(Reflect.get(handler, streaming)).toBe("response");
  });

  test("can stand alone, with its catalog elsewhere", async () => {
    const handler = withByname((event: number, _context: typeof context, byname) => [event, byname]);
    expect(await handler(1, context)).toEqual([1, anyByname]);
    await handler.ready();
  });

  test.each([[[{}]], [[() => {}, {}]], [[]]])(
    "is refused where it is no function, during init (%#)",
    (given) => {
      const wrap = withByname as unknown as (...given: unknown[]) => unknown;
      expect(() => wrap(...given)).toThrow(ConfigError);
    },
  );

  test("is refused with wrong options, during init", () => {
    expect(() => withByname({ sevices: {} } as never, async () => {})).toThrow(ConfigError);
  });
});

describe("an error", () => {
  test("of fetch says in its message what went wrong, as the runtime reports nothing else", async () => {
    const cause = new Error("no source could be asked for orders");
    const error = new TypeError("fetch failed", { cause });
    const thrown = await thrownFor(error);
    expect(thrown).toBe(error);
    expect(thrown).toMatchObject({ message: "fetch failed: no source could be asked for orders", cause });
  });

  test("of a response that broke off does so, too", async () => {
    const error = new TypeError("terminated", { cause: new Error("other side closed") });
    expect(await thrownFor(error)).toMatchObject({ message: "terminated: other side closed" });
  });

  test("of several addresses says its code", async () => {
    const cause = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
    expect(await thrownFor(new TypeError("fetch failed", { cause }))).toMatchObject({
      message: "fetch failed: ECONNREFUSED",
    });
  });

  test.each([
    new TypeError("fetch failed"),
    new TypeError("x is not a function", { cause: new Error("secret") }),
    new Error("fetch failed", { cause: new Error("secret") }),
    "a text",
    undefined,
  ])("of another kind is left as it is: %s", async (error) => {
    const before = String(error);
    expect(await thrownFor(error)).toBe(error);
    expect(String(error)).toBe(before);
  });

  test("that is thrown before the first await is one, too", async () => {
    const handler = withByname(options, () => {
      throw new TypeError("fetch failed", { cause: new Error("why") });
    });
    await expect(handler({}, context)).rejects.toThrow("fetch failed: why");
  });

  test("of a call by byname names the service and what each source said", async () => {
    const handler = withByname(options, (_event: unknown, _context: typeof context, byname) =>
      byname.fetch("http://orders/"),
    );
    await expect(handler({}, context)).rejects.toThrow(/^fetch failed: .*"orders" \(fixed: .*\)/);
  });
});

// No test has a namespace or an address of its own from the environment.
let before: NodeJS.ProcessEnv;
beforeEach(() => {
  before = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith("BYNAME_")) delete process.env[name];
});
afterEach(() => {
  process.env = before;
});

async function thrownFor(error: unknown): Promise<unknown> {
  const handler = withByname(options, () => Promise.reject(error));
  return handler({}, context).then(
    () => expect.unreachable(),
    (thrown) => thrown,
  );
}
