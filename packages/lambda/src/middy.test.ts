import middy from "@middy/core";
import type { Context } from "aws-lambda";
import type { Byname } from "byname";
import { describe, expect, test } from "vitest";
import { bynameMiddleware } from "./middy.ts";

const options = { services: { orders: {} }, sources: ["fixed"] } as const;

describe("in Middy", () => {
  test("byname is in the handler's context and in the request's internals", async () => {
    let internal: { byname: Byname } | undefined;
    const handler = middy(async (_event: unknown, context: Context & { byname: Byname }) => context.byname)
      .use(bynameMiddleware(options))
      .before((request) => {
        internal = request.internal;
      });
    const byname = await handler({}, contextOf());
    expect(byname.fetch).toBeTypeOf("function");
    expect(internal?.byname).toBe(byname);
  });

  test("it is the same at each invocation", async () => {
    const handler = middy(async (_event: unknown, context: Context & { byname: Byname }) => context.byname);
    handler.use(bynameMiddleware(options));
    expect(await handler({}, contextOf())).toBe(await handler({}, contextOf()));
  });

  test("an answer does not wait for open connections", async () => {
    const context = contextOf();
    await middy(async () => {}).use(bynameMiddleware(options))({}, context);
    expect(context.callbackWaitsForEmptyEventLoop).toBe(false);
  });

  test("an error of fetch says what went wrong, to error handlers before it and to the runtime", async () => {
    let seen = "";
    const handler = middy(async (_event: unknown, context: Context & { byname: Byname }) => {
      await context.byname.fetch("http://orders/");
    })
      .onError(({ error }) => {
        seen = error!.message;
      })
      .use(bynameMiddleware(options));
    await expect(handler({}, contextOf())).rejects.toThrow(/^fetch failed: .*"orders"/);
    expect(seen).toMatch(/^fetch failed: .*"orders"/);
  });

  test("what another middleware answers early is left alone", async () => {
    const handler = middy(async () => "late").use([{ before: () => "early" }, bynameMiddleware(options)]);
    expect(await handler({}, contextOf())).toBe("early");
  });

  test("it can be waited for during init", async () => {
    await bynameMiddleware(options).ready();
  });
});

function contextOf() {
  const context = { callbackWaitsForEmptyEventLoop: true, getRemainingTimeInMillis: () => 3_000 };
  return context as unknown as Context & { byname: Byname };
}
