import { expect, test, vi } from "vitest";
import { steeringWith } from "../../test/support/steering.ts";
import { defaults } from "../ground/defaults.ts";
import type { CurrentHandler } from "./dispatch.ts";
import { Requests } from "./request.ts";

const made = vi.hoisted(
  () => [] as { closed: PromiseWithResolvers<void>; isClosing: boolean; reason?: unknown }[],
);

// Pools without sockets, which answer at once.
vi.mock("./pools.ts", () => ({
  Pools: class {
    readonly closed = Promise.withResolvers<void>();
    isClosing = false;
    reason: unknown;

    constructor() {
      made.push(this);
    }

    get() {
      return { dispatch: (_: unknown, handler: CurrentHandler) => answer(handler) };
    }

    close(): Promise<void> {
      this.isClosing = true;
      return this.closed.promise;
    }

    async destroy(reason: Error): Promise<void> {
      this.reason = reason;
    }
  },
}));

function answer(handler: CurrentHandler): void {
  const controller = { abort() {}, pause() {}, resume() {}, paused: false, aborted: false, reason: null };
  handler.onRequestStart(controller);
  handler.onResponseStart?.(controller, 200, {}, "OK");
  handler.onResponseEnd?.(controller, {});
}

test("the pools of routes that were not called for long are closed to make room, and waited for", async () => {
  const requests = new Requests(steeringWith().steering);
  const call = async (port: number) => (await requests.request(`http://orders:${port}/`)).body.dump();
  // Ports that callers make up are routes of their own.
  for (let port = 1; port <= defaults.maxServices; port++) await call(port);
  expect(made).toHaveLength(defaults.maxServices);
  await call(1);
  await call(defaults.maxServices + 1);
  const [busy, idle, ...others] = made;
  expect([busy!.isClosing, idle!.isClosing]).toEqual([false, true]);
  expect(others.some(({ isClosing }) => isClosing)).toBe(false);

  let isClosed = false;
  const closed = requests.close().then(() => {
    isClosed = true;
  });
  for (const pools of made) if (pools !== idle) pools.closed.resolve();
  await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  const reason = new Error("over");
  await requests.destroy(reason);
  expect(idle!.reason).toBe(reason);
  idle!.closed.resolve();
  await closed;
});
