import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ClosedError, RequestError } from "../../src/index.ts";
import { endpoints, FakeSource } from "../support/fake-source.ts";
import { loopback } from "../support/loopback.ts";
import { bynameAt, bynameWith, rejection, sourceAt, transports } from "../support/transports.ts";

const reasons = [
  ["no reason", undefined],
  ["a reason of the caller's", new Error("the user left")],
] as const;

describe.each(transports)("a call by $name that is aborted", (transport) => {
  describe.each(reasons)("with %s", (_, reason) => {
    const expected = reason ?? { name: "AbortError" };

    test("before it starts, asks nobody", async () => {
      await using server = await loopback((_, response) => response.end());
      const source = sourceAt(server);
      await using byname = bynameWith(source);
      const call = await transport.of(byname);
      const error = await rejection(call("http://orders/", { signal: AbortSignal.abort(reason) }));
      expectReason(error, expected);
      expect(server.seen).toEqual([]);
    });

    test("while the service is looked up, does not wait for the answer", async () => {
      await using server = await loopback((_, response) => response.end("next"));
      const source = new FakeSource("fake");
      await using byname = bynameWith(source);
      const call = await transport.of(byname);
      const abort = new AbortController();
      const failed = rejection(call("http://orders/first", { signal: abort.signal }));
      while (source.open.length === 0) await setImmediate();
      abort.abort(reason);
      expectReason(await failed, expected);
      const next = call("http://orders/next");
      source.answer(endpoints(60_000, { address: server.address, port: server.port }));
      expect(await (await next).text()).toBe("next");
      expect(server.seen.map(({ target }) => target)).toEqual(["/next"]);
    });

    test("before headers came, fails with the reason and blames no endpoint", async () => {
      await using server = await loopback(() => {});
      const source = sourceAt(server);
      await using byname = bynameWith(source);
      const call = await transport.of(byname);
      const abort = new AbortController();
      const failed = rejection(call("http://orders/", { signal: abort.signal }));
      await server.asked(1);
      abort.abort(reason);
      expectReason(await failed, expected);
      await server.deserted();
      expect(source.asked).toBe(1);
    });

    test("while the body comes, fails the body", async () => {
      await using server = await loopback((_, response) => response.write("first"));
      const source = sourceAt(server);
      await using byname = bynameWith(source);
      const call = await transport.of(byname);
      const abort = new AbortController();
      const reply = await call("http://orders/", { signal: abort.signal });
      const failed = rejection(reply.text());
      abort.abort(reason);
      expectReason(await failed, expected);
      await server.deserted();
      expect(source.asked).toBe(1);
    });
  });

  test("by a timeout, fails with a TimeoutError", async () => {
    await using server = await loopback(() => {});
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    const error = await rejection(call("http://orders/", { signal: AbortSignal.timeout(50) }));
    expect(error).toMatchObject({ name: "TimeoutError" });
  });

  test("leaves the others alone", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await loopback(async (_, response) => {
      await go.promise;
      response.end("whole");
    });
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    const abort = new AbortController();
    const failed = rejection(call("http://orders/1", { signal: abort.signal }));
    const other = call("http://orders/2");
    await server.asked(2);
    abort.abort();
    await failed;
    go.resolve();
    expect(await (await other).text()).toBe("whole");
  });
});

describe.each(transports)("closing, for $name", (transport) => {
  test("waits for bodies under way", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await loopback(async (_, response) => {
      response.write("first ");
      await go.promise;
      response.end("last");
    });
    const byname = bynameAt(server);
    const call = await transport.of(byname);
    const reply = await call("http://orders/");
    let isClosed = false;
    const closed = byname.close().then(() => {
      isClosed = true;
    });
    await setImmediate();
    await setImmediate();
    expect(isClosed).toBe(false);
    go.resolve();
    expect(await reply.text()).toBe("first last");
    await closed;
  });

  test("may be asked for by several at once, each of whom waits for its end", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await loopback(async (_, response) => {
      await go.promise;
      response.end("done");
    });
    const byname = bynameAt(server);
    const call = await transport.of(byname);
    const reply = call("http://orders/");
    await server.asked(1);
    const closed = [byname.close(), byname.close(), byname.close()];
    go.resolve();
    await (await reply).text();
    await Promise.all(closed);
  });

  test("waits for a call that still looks its service up", async () => {
    await using server = await loopback((_, response) => response.end("in time"));
    const source = new FakeSource("fake");
    const byname = bynameWith(source);
    const call = await transport.of(byname);
    const reply = call("http://orders/");
    while (source.open.length === 0) await setImmediate();
    const closed = byname.close();
    source.answer(endpoints(60_000, { address: server.address, port: server.port }));
    expect(await (await reply).text()).toBe("in time");
    await closed;
  });

  test("ends after a call that failed", async () => {
    await using server = await loopback((request) => request.socket.destroy());
    const byname = bynameAt(server);
    await rejection((await transport.of(byname))("http://orders/"));
    await byname.close();
  });

  test("fails later calls with a ClosedError", async () => {
    await using server = await loopback((_, response) => response.end());
    const byname = bynameAt(server);
    const call = await transport.of(byname);
    await (await call("http://orders/")).text();
    await byname.close();
    const error = await transport.failure(call("http://orders/"));
    // Closing takes an installation back: plain fetch then knows no services.
    if (transport.isInstalled) expect(error).not.toBeInstanceOf(ClosedError);
    else expect(error).toBeInstanceOf(ClosedError);
    expect(server.seen).toHaveLength(1);
  });
});

describe.each(transports)("destroying, for $name", (transport) => {
  test("fails a call that waits for headers with a ClosedError", async () => {
    await using server = await loopback(() => {});
    const source = sourceAt(server);
    const byname = bynameWith(source);
    const call = await transport.of(byname);
    const failed = transport.failure(call("http://orders/"));
    await server.asked(1);
    await byname.destroy();
    const error = await failed;
    expect(error).toBeInstanceOf(ClosedError);
    expect(error).not.toBeInstanceOf(RequestError);
    await server.deserted();
    expect(source.asked).toBe(1);
  });

  test("fails a body under way", async () => {
    await using server = await loopback((_, response) => response.write("first"));
    const byname = bynameAt(server);
    const reply = await (await transport.of(byname))("http://orders/");
    const failed = rejection(reply.text());
    await byname.destroy();
    const error = (await failed) as Error;
    expect(error instanceof ClosedError ? error : error.cause).toBeInstanceOf(ClosedError);
    await server.deserted();
  });

  test("fails a call that still looks its service up", async () => {
    const source = new FakeSource("fake");
    const byname = bynameWith(source);
    const call = await transport.of(byname);
    const failed = transport.failure(call("http://orders/"));
    while (source.open.length === 0) await setImmediate();
    await byname.destroy();
    expect(await failed).toBeInstanceOf(ClosedError);
  });

  test("lets a close that waits end", async () => {
    await using server = await loopback(() => {});
    const byname = bynameAt(server);
    const failed = rejection((await transport.of(byname))("http://orders/"));
    await server.asked(1);
    const closed = byname.close();
    await byname.destroy();
    await failed;
    await closed;
  });
});

function expectReason(error: unknown, expected: unknown): void {
  expect(error).not.toBeInstanceOf(RequestError);
  if (expected instanceof Error) expect(error).toBe(expected);
  else expect(error).toMatchObject(expected as object);
}
