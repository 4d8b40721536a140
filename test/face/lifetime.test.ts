import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { type Byname, ClosedError, createByname } from "../../src/index.ts";
import { endpoints, FakeSource } from "../support/fake-source.ts";
import { type Handle, type Loopback, loopback } from "../support/loopback.ts";

const servers: Loopback[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function setUp(handle: Handle = (_request, response) => response.end("ok")) {
  const server = await loopback(handle);
  servers.push(server);
  const source = new FakeSource("fake");
  const closed = { times: 0 };
  const own = Object.assign(source, {
    close() {
      closed.times += 1;
    },
  });
  const answer = endpoints(60_000, { address: "127.0.0.1", port: server.port });
  source.always = answer;
  const services = { orders: {}, users: {} };
  const byname = createByname({ services, sources: [own], allow: ["127.0.0.0/8"] }, { env: {} });
  return { server, source, byname, closed, answer };
}

/** A server that answers when the test says so. */
async function setUpSlow() {
  const responses: ServerResponse[] = [];
  const told = await setUp((_request, response) => void responses.push(response));
  return { ...told, answerAll: () => responses.forEach((response) => void response.end("ok")) };
}

const ways: [string, (byname: Byname) => Promise<string>][] = [
  ["fetch", async (byname) => (await byname.fetch("http://orders/")).text()],
  ["request", async (byname) => (await byname.request("http://orders/")).body.text()],
];

describe("close", () => {
  test.each(ways)("waits for a %s under way, which ends in peace", async (_way, call) => {
    const { byname, server, answerAll } = await setUpSlow();
    const calling = call(byname);
    await server.asked(1);
    let isClosed = false;
    const closing = byname.close().then(() => (isClosed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    answerAll();
    expect(await calling).toBe("ok");
    await closing;
  });

  test.each(ways)("waits for a %s that had only just been made, the first one too", async (_way, call) => {
    for (const isKnown of [false, true]) {
      const { byname } = await setUp();
      if (isKnown) await byname.resolve("orders");
      const calling = call(byname);
      const closing = byname.close();
      expect(await calling).toBe("ok");
      await closing;
    }
  });

  test("waits for a lookup that had only just been asked for", async () => {
    const { byname, source, answer } = await setUp();
    source.always = undefined;
    const resolving = byname.resolve("orders");
    const closing = byname.close();
    while (source.open.length === 0) await new Promise((resolve) => setImmediate(resolve));
    source.answer(answer);
    expect(await resolving).toMatchObject({ source: "fake" });
    await closing;
  });

  test("can be called as often as one likes, and closes sources once", async () => {
    const { byname, closed } = await setUp();
    await byname.resolve("orders");
    await Promise.all([byname.close(), byname.close(), byname[Symbol.asyncDispose]()]);
    await byname.close();
    await byname.destroy();
    await byname.destroy();
    expect(closed.times).toBe(1);
  });

  test("of an instance that did nothing does nothing", async () => {
    const { byname, closed } = await setUp();
    await byname.close();
    await byname.destroy();
    expect(closed.times).toBe(0);
  });

  test("all calls at the same time are done only when all work is", async () => {
    const { byname, server, answerAll } = await setUpSlow();
    const calling = byname.fetch("http://orders/");
    await server.asked(1);
    const closing = [byname.close(), byname.close()];
    answerAll();
    await (await calling).text();
    await Promise.all(closing);
  });

  test.each(ways)("does not wait for the small body of a %s that nobody reads", async (way) => {
    const { byname } = await setUp();
    const response =
      way === "fetch" ? await byname.fetch("http://orders/") : await byname.request("http://orders/");
    await byname.close();
    expect(response).toBeDefined();
  });

  test("closes its connections", async () => {
    const { byname, server } = await setUp();
    await (await byname.request("http://orders/")).body.text();
    expect(server.open.size).toBe(1);
    await byname.close();
    await server.deserted();
  });

  test("`await using` closes", async () => {
    const { byname, closed } = await setUp();
    {
      await using inScope = byname;
      await inScope.resolve("orders");
    }
    expect(closed.times).toBe(1);
    await expect(byname.resolve("orders")).rejects.toBeInstanceOf(ClosedError);
  });
});

describe("destroy", () => {
  test("ends lookups under way with a ClosedError", async () => {
    const { byname, source } = await setUp();
    source.always = undefined;
    const all = [byname.resolve("orders"), byname.request("http://orders/"), byname.fetch("http://users/")];
    const failing = Promise.all(all.map((call) => call.catch((error) => error)));
    while (source.open.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await byname.destroy();
    const [resolved, requested, fetched] = await failing;
    expect(resolved).toBeInstanceOf(ClosedError);
    expect(requested).toBeInstanceOf(ClosedError);
    expect(fetched).toBeInstanceOf(TypeError);
    expect((fetched as TypeError).cause).toBeInstanceOf(ClosedError);
    expect(source.open.every(({ signal }) => signal.aborted)).toBe(true);
  });

  test.each(ways)("aborts a %s under way", async (_way, call) => {
    const { byname, server } = await setUpSlow();
    const failing = call(byname).catch((error) => error);
    await server.asked(1);
    await byname.destroy();
    const error = await failing;
    expect(error).toBeInstanceOf(Error);
    expect(chain(error).some((one) => one instanceof ClosedError)).toBe(true);
    await server.deserted();
  });

  test.each(ways)("ends a close that waits for a %s", async (_way, call) => {
    const { byname, server, closed } = await setUpSlow();
    const failing = call(byname).catch((error) => error);
    await server.asked(1);
    const closing = byname.close();
    await byname.destroy();
    await closing;
    expect(await failing).toBeInstanceOf(Error);
    expect(closed.times).toBe(1);
  });

  test("and then close is done at once", async () => {
    const { byname, server } = await setUpSlow();
    const failing = byname.request("http://orders/").catch((error) => error);
    await server.asked(1);
    await byname.destroy();
    await byname.close();
    expect(await failing).toBeInstanceOf(Error);
  });
});

describe("a call after close", () => {
  test.each(["close", "destroy"] as const)(
    "(%s) is a ClosedError, in fetch the cause of a TypeError",
    async (how) => {
      const called = async (byname: Byname) => (await byname.request("http://orders/")).body.dump();
      const prefetched = async (byname: Byname) => void (await byname.prefetch());
      for (const use of [async () => {}, prefetched, called]) {
        const { byname } = await setUp();
        await use(byname);
        await byname[how]();
        await expect(byname.resolve("orders")).rejects.toBeInstanceOf(ClosedError);
        await expect(byname.request("http://orders/")).rejects.toBeInstanceOf(ClosedError);
        await expect(byname.install()).rejects.toBeInstanceOf(ClosedError);
        const error = await byname.fetch("http://orders/").catch((reason) => reason);
        expect(error).toBeInstanceOf(TypeError);
        expect(error.cause).toBeInstanceOf(ClosedError);
        await byname[how]();
        await byname.close();
      }
    },
  );

  test("to nobody's URL still goes where it says", async () => {
    const { byname, server } = await setUp();
    await byname.close();
    expect(await (await byname.fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe("ok");
  });
});

describe("install", () => {
  test("makes the process's fetch know the services, until it is taken back or byname is closed", async () => {
    const { byname } = await setUp();
    const uninstall = await byname.install();
    expect(await byname.install()).toBe(uninstall);
    expect(await (await fetch("http://orders/")).text()).toBe("ok");
    uninstall();
    await expect(fetch("http://orders/")).rejects.toThrow();

    const again = await byname.install();
    uninstall();
    expect(await byname.install()).toBe(again);
    expect(await (await fetch("http://orders/")).text()).toBe("ok");
    await byname.close();
    await expect(fetch("http://orders/")).rejects.toThrow();
  });
});

function chain(error: unknown): unknown[] {
  return error instanceof Error ? [error, ...chain(error.cause)] : [];
}
