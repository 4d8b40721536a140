import { ConfigError } from "byname";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { down, endpoints, FakeSource } from "../../../test/support/fake-source.ts";
import { Environment } from "./environment.ts";

const services = { orders: {}, users: {} };

describe("during init", () => {
  test("every service of the catalog is looked up, before anybody asks", async () => {
    const { source } = opened();
    await expect.poll(() => source.asked).toBe(2);
  });

  test("`ready` is done when that is", async () => {
    const { source, environment } = opened();
    const ready = vi.fn();
    const waiting = environment.ready().then(ready);
    await expect.poll(() => source.open.length).toBe(2);
    source.answer(endpoints(60_000, "10.0.0.1"));
    await new Promise(setImmediate);
    expect(ready).not.toHaveBeenCalled();
    source.answer(endpoints(60_000, "10.0.0.2"));
    await waiting;
  });

  test("a service that cannot be found breaks nothing", async () => {
    const source = new FakeSource("fake");
    source.always = down;
    await opened({ source }).environment.ready();
    expect(source.asked).toBeGreaterThan(0);
  });

  describe("with time in hand", () => {
    afterEach(() => void vi.useRealTimers());

    test("`ready` waits no longer than two seconds", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const { environment } = opened();
      const ready = vi.fn();
      void environment.ready().then(ready);
      await vi.advanceTimersByTimeAsync(1_999);
      expect(ready).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(ready).toHaveBeenCalledOnce();
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  test.each([-1, Number.NaN, "100", null])("a margin of %s is refused", (margin) => {
    expect(() => new Environment({ margin: margin as number })).toThrow(ConfigError);
  });
});

describe("an invocation", () => {
  test("starts the lookup of what has grown old while the environment was frozen", async () => {
    const { source, clock, environment } = await settled();
    clock.jump(3_600_000);
    environment.run(undefined, () => {});
    await expect.poll(() => source.asked).toBe(4);
  });

  test("asks for nothing that is still fresh", async () => {
    const { source, clock, environment } = await settled();
    clock.jump(20_000);
    environment.run(undefined, () => {});
    await new Promise(setImmediate);
    expect(source.asked).toBe(2);
  });

  test("that follows another closely leaves it to the first call to refresh", async () => {
    const { source, clock, environment } = await settled(5_000);
    clock.jump(9_000);
    environment.run(undefined, () => {});
    await new Promise(setImmediate);
    expect(source.asked).toBe(2);
  });

  test("does not wait for open connections where it ends by a callback", () => {
    const context = { getRemainingTimeInMillis: () => 1_000, callbackWaitsForEmptyEventLoop: true };
    opened().environment.run(context, () => {});
    expect(context.callbackWaitsForEmptyEventLoop).toBe(false);
  });
});

function opened({ source = new FakeSource("fake"), clock = new FakeClock() } = {}) {
  const options = { services, namespace: "sd.local", sources: [source] };
  return { source, clock, environment: new Environment(options, { clock, env: {} }) };
}

/** With both services known. */
async function settled(ttl = 60_000) {
  const source = new FakeSource("fake");
  source.always = endpoints(ttl, "10.0.0.1");
  const all = opened({ source });
  await all.environment.ready();
  return all;
}
