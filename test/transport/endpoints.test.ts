import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { Byname } from "../../src/byname.ts";
import { createByname } from "../../src/byname.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { endpoints, FakeSource } from "../support/fake-source.ts";
import { type Loopback, loopback } from "../support/loopback.ts";
import { transports } from "../support/transports.ts";

const parts: AsyncDisposable[] = [];

afterEach(async () => {
  for (const part of parts.splice(0).reverse()) await part[Symbol.asyncDispose]();
});

/** One service whose endpoints a test moves. */
async function moving() {
  const go = Promise.withResolvers<void>();
  const before = await loopback(async (_, response) => {
    response.write("first ");
    await go.promise;
    response.end("last");
  });
  const after = await loopback((_, response) => response.end("after"));
  const source = new FakeSource("fake");
  const clock = new FakeClock();
  const options = {
    services: { orders: { balance: "roundRobin" as const } },
    sources: [source],
    allow: ["127.0.0.0/8"],
  };
  const byname = createByname(options, { env: {}, clock });
  parts.push(before, after, byname);
  source.always = endpoints(10_000, at(before));
  return { before, after, byname, clock, go, moveTo: (...to: Loopback[]) => move(source, clock, byname, to) };
}

/** Changes the answer and lets the cache see it. */
async function move(source: FakeSource, clock: FakeClock, byname: Byname, to: readonly Loopback[]) {
  source.always = endpoints(10_000, ...to.map(at));
  clock.jump(10_001);
  while ((await byname.resolve("orders")).stale) await setImmediate();
}

describe.each(transports)("an endpoint that leaves, for $name", (transport) => {
  test("gets no new calls, and those under way end in peace", async () => {
    const { before, after, byname, go, moveTo } = await moving();
    const call = await transport.of(byname);
    const reply = await call("http://orders/");
    await moveTo(after);
    expect(await (await call("http://orders/")).text()).toBe("after");
    expect(await (await call("http://orders/")).text()).toBe("after");
    go.resolve();
    expect(await reply.text()).toBe("first last");
    expect(before.seen).toHaveLength(1);
  });
});

describe("a pool of request", () => {
  test("is gone with its sockets when its endpoint left and the last body ended", async () => {
    const { before, after, byname, go, moveTo } = await moving();
    const { body } = await byname.request("http://orders/");
    await moveTo(after);
    await (await byname.request("http://orders/")).body.dump();
    expect(before.open.size).toBe(1);
    go.resolve();
    await body.dump();
    await before.deserted();
  });

  test("is gone at once when nothing was under way", async () => {
    const { before, after, byname, go, moveTo } = await moving();
    go.resolve();
    await (await byname.request("http://orders/")).body.dump();
    await moveTo(after);
    await (await byname.request("http://orders/")).body.dump();
    await before.deserted();
    expect(after.open.size).toBe(1);
  });

  test("is kept where a new answer names its endpoint again", async () => {
    const { before, after, byname, clock, go, moveTo } = await moving();
    go.resolve();
    await (await byname.request("http://orders/")).body.dump();
    await moveTo(before, after);
    await (await byname.request("http://orders/")).body.dump();
    // A new endpoint starts slowly.
    clock.jump(10_000);
    for (let i = 0; i < 4; i++) await (await byname.request("http://orders/")).body.dump();
    expect([before.accepted, after.accepted]).toEqual([1, 1]);
  });

  test("is a new one for an endpoint that came back while its old one drains", async () => {
    const { before, after, byname, go, moveTo } = await moving();
    const { body } = await byname.request("http://orders/");
    await moveTo(after);
    await (await byname.request("http://orders/")).body.dump();
    await moveTo(before);
    const again = byname.request("http://orders/");
    await before.asked(2);
    go.resolve();
    expect(await (await again).body.text()).toBe("first last");
    expect(await body.text()).toBe("first last");
    expect(before.accepted).toBe(2);
  });

  test("that drains is waited for by close", async () => {
    const { before, after, byname, go, moveTo } = await moving();
    const { body } = await byname.request("http://orders/");
    await moveTo(after);
    await (await byname.request("http://orders/")).body.dump();
    const closed = byname.close();
    go.resolve();
    expect(await body.text()).toBe("first last");
    await closed;
    await Promise.all([before.deserted(), after.deserted()]);
  });

  test("that drains is cut by destroy", async () => {
    const { before, after, byname, moveTo } = await moving();
    const { body } = await byname.request("http://orders/");
    await moveTo(after);
    await (await byname.request("http://orders/")).body.dump();
    const failed = body.text().catch((error) => error);
    await byname.destroy();
    expect(await failed).toMatchObject({ code: "BYNAME_CLOSED" });
    await Promise.all([before.deserted(), after.deserted()]);
  });

  test("is closed with its sockets by close", async () => {
    const { before, byname, go } = await moving();
    go.resolve();
    await (await byname.request("http://orders/")).body.dump();
    await byname.close();
    await before.deserted();
  });
});

function at({ address, port }: Loopback): { address: string; port: number } {
  return { address, port };
}
