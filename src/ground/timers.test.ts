import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Timers } from "./timers.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const timers = () => new Timers(() => performance.now());

test("run once, each at its time, in the order in which they are due", () => {
  const line = timers();
  const ran: string[] = [];
  line.after(100, () => ran.push("a"));
  vi.advanceTimersByTime(40);
  line.after(100, () => ran.push("b"));
  line.after(30, () => ran.push("short"));
  vi.advanceTimersByTime(59);
  expect(ran).toEqual(["short"]);
  vi.advanceTimersByTime(1);
  expect(ran).toEqual(["short", "a"]);
  vi.advanceTimersByTime(40);
  expect(ran).toEqual(["short", "a", "b"]);
  vi.advanceTimersByTime(1_000);
  expect(ran).toHaveLength(3);
});

test("do not run once cancelled, wherever they stand in the line, and may be cancelled twice", () => {
  const line = timers();
  const ran: number[] = [];
  const cancels = Array.from({ length: 5 }, (_, i) => line.after(100, () => ran.push(i)));
  for (const at of [0, 2, 4, 2]) cancels[at]!();
  vi.advanceTimersByTime(100);
  expect(ran).toEqual([1, 3]);
  cancels[1]!();
});

test("may set and cancel others while they run", () => {
  const line = timers();
  const ran: string[] = [];
  line.after(10, () => {
    ran.push("first");
    cancel();
    line.after(10, () => ran.push("third"));
  });
  const cancel = line.after(10, () => ran.push("second"));
  vi.advanceTimersByTime(20);
  expect(ran).toEqual(["first", "third"]);
});

test("one that throws does not hold up those behind it", () => {
  const line = timers();
  const ran: string[] = [];
  line.after(10, () => {
    throw new Error("broken");
  });
  line.after(10, () => ran.push("second"));
  expect(() => vi.advanceTimersByTime(10)).toThrow("broken");
  vi.advanceTimersByTime(1);
  expect(ran).toEqual(["second"]);
});

test("leave nothing behind when the last one is gone", () => {
  const line = timers();
  for (let i = 0; i < 1_000; i++) line.after(50, () => {})();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(50);
  expect(vi.getTimerCount()).toBe(0);
});

test("run in nobody's async context, lest one request's work is taken for another's", () => {
  const storage = new AsyncLocalStorage<string>();
  const line = timers();
  const seen: unknown[] = [];
  for (const name of ["a", "b"]) storage.run(name, () => line.after(10, () => seen.push(storage.getStore())));
  vi.advanceTimersByTime(10);
  storage.run("c", () => line.after(10, () => seen.push(storage.getStore())));
  vi.advanceTimersByTime(10);
  expect(seen).toEqual([undefined, undefined, undefined]);
});

test("let what came go first where the process stood still", async () => {
  vi.useRealTimers();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const asking = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [[answering]] = (await Promise.all([once(server, "connection"), once(asking, "connect")])) as [
    [Socket],
    unknown,
  ];
  const told: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  timers().after(10, () => {
    told.push("timer");
    resolve();
  });
  asking.once("data", () => told.push("answer"));
  answering.write("it is with the system at once, and waits to be read");
  const until = performance.now() + 50;
  while (performance.now() < until);
  await promise;
  expect(told).toEqual(["answer", "timer"]);
  asking.destroy();
  server.close();
});

test("of many different lengths leave next to nothing behind once they are cancelled", () => {
  const line = timers();
  const ran: number[] = [];
  const cancels = Array.from({ length: 1_000 }, (_, i) => line.after(600_000 + i, () => ran.push(i)));
  for (const cancel of cancels) cancel();
  expect(vi.getTimerCount()).toBeLessThanOrEqual(64);
  line.after(5, () => ran.push(5));
  vi.advanceTimersByTime(600_000);
  expect(ran).toEqual([5]);
});
