import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Byname, createByname } from "../../src/byname.ts";
import { systemClock } from "../../src/ground/clock.ts";
import { endpoints, FakeSource } from "../support/fake-source.ts";
import { startTask, type TaskProcess } from "../support/task-process.ts";
import { byFetch, byInstall, byRequest, type Transport } from "../support/transports.ts";
import { Load, type LoadOutcome, loadWidth } from "./load.ts";
import { stories } from "./stories.ts";

// A process starts in a tenth of a second, and in many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let parts: AsyncDisposableStack;

beforeEach(() => {
  parts = new AsyncDisposableStack();
});

afterEach(() => parts.disposeAsync());

describe.each([byFetch, byRequest, byInstall])("by $name", (transport) => {
  test(stories.replaced.name, async () => {
    const [first, second, third] = [await task(), await task(), await task()];
    const { listing, load } = await underLoad(transport, second, first);
    await load.goesOn();
    await listing(second, third);
    // ECS gives a task half a minute for these; on a busy machine one of the very first may not have arrived yet.
    await load.movesOn();
    await first.kill("SIGTERM");
    while (third.seen.length === 0) await load.goesOn();
    await load.stop();
    expect(load.outcomes.filter(isLost)).toEqual([]);
    const seen = countSeen(first, second, third);
    for (const { target } of load.outcomes) expect([target, seen.get(target)]).toEqual([target, 1]);
  });

  test(stories.killed.name, async () => {
    const [first, second] = [await task(), await task()];
    const { load } = await underLoad(transport, first, second);
    await load.goesOn();
    await first.kill("SIGKILL");
    await load.goesOn();
    await load.stop();
    expectNothingWorse(load, 1, first, second);
  });

  test(stories.flapping.name, async () => {
    const steady = await task();
    const lives = [await task()];
    const { load } = await underLoad(transport, steady, lives[0]!);
    for (;;) {
      await load.goesOn();
      await lives.at(-1)!.kill("SIGKILL");
      await load.goesOn();
      if (lives.length === 4) break;
      lives.push(parts.use(await startTask(lives[0]!.port)));
    }
    await load.stop();
    expectNothingWorse(load, lives.length, steady, ...lives);
    expect(lives.some(({ seen }) => seen.length > 0)).toBe(true);
  });
});

async function task(): Promise<TaskProcess> {
  return parts.use(await startTask());
}

type Place = Pick<TaskProcess, "address" | "port">;

/** A service at these tasks that is being called; `listing` moves it. */
async function underLoad(transport: Transport, ...places: Place[]) {
  const source = new FakeSource("fake");
  const list = (places: readonly Place[]) =>
    endpoints(60_000, ...places.map(({ address, port }) => ({ address, port })));
  source.always = list(places);
  let skipped = 0;
  const clock = { ...systemClock, now: () => Date.now() + skipped };
  const byname = parts.use(
    createByname({ services: { orders: {} }, sources: [source], allow: ["127.0.0.0/8"] }, { env: {}, clock }),
  );
  const load = new Load(await transport.of(byname), transport);
  parts.defer(() => load.stop());
  const listing = async (...places: Place[]) => {
    source.always = list(places);
    skipped += 60_000;
    await refreshed(byname);
  };
  return { load, listing };
}

async function refreshed(byname: Byname): Promise<void> {
  while ((await byname.resolve("orders")).stale) await turn();
}

function isLost({ call, sees }: LoadOutcome): boolean {
  return sees !== `${call.method} ${call.text ?? ""}`;
}

/** How often each target reached a task. */
function countSeen(...tasks: TaskProcess[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const target of tasks.flatMap(({ seen }) => seen)) times.set(target, (times.get(target) ?? 0) + 1);
  return times;
}

/** Lost is only what a task had when it was killed and must not be sent again; and that was not. */
function expectNothingWorse(load: Load, kills: number, ...tasks: TaskProcess[]): void {
  const lost = load.outcomes.filter(isLost);
  expect(lost.filter(({ call }) => call.isRepeatable)).toEqual([]);
  expect(lost.filter(({ sees }) => sees !== "BYNAME_REQUEST")).toEqual([]);
  expect(lost.length).toBeLessThanOrEqual(kills * loadWidth);
  const seen = countSeen(...tasks);
  const twice = load.outcomes.filter(({ target, call }) => !call.isRepeatable && seen.get(target)! > 1);
  expect(twice).toEqual([]);
}
