import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { type Local, startLocal } from "../../packages/local/src/index.ts";
import { defaults } from "../../src/ground/defaults.ts";
import { blackHole } from "../support/black-hole.ts";
import { type Loopback, loopback } from "../support/loopback.ts";
import { spawnTyped } from "../support/task-process.ts";
import { byFetch, byInstall, byRequest } from "../support/transports.ts";
import { calls } from "./calls.ts";
import { stories } from "./stories.ts";
import { well } from "./tasks.ts";

// The freeze has to last longer than sockets and answers are good for.
vi.setConfig({ testTimeout: 60_000 });

// Nearly all of their time is waiting, which they do at the same time.
test.concurrent(stories.frozen.name, async () => {
  await using parts = new AsyncDisposableStack();
  const { local, first, callers } = await calling(parts);
  for (const { stop } of callers) stop();
  await first.task.close();
  const second = await replace(parts, local, first);
  await pause(defaults.keepAlive + 500);
  for (const { go, call } of callers) {
    go();
    expect(await call()).toMatchObject({ outcomes: answers });
  }
  expect(second.seen).toHaveLength(callers.length * calls.length);
});

test.concurrent(stories.vanished.name, async () => {
  await using parts = new AsyncDisposableStack();
  const { local, first, callers } = await calling(parts);
  for (const { stop } of callers) stop();
  await first.task.close();
  parts.use(await blackHole(first.task.port));
  const second = await replace(parts, local, first);
  await pause(defaults.keepAlive + 500);
  for (const { go } of callers) go();
  for (const { outcomes, ms } of await Promise.all(callers.map(({ call }) => call()))) {
    expect(outcomes).toEqual(answers);
    expect(ms).toBeLessThan(defaults.requestTimeout);
  }
  expect(second.seen).toHaveLength(callers.length * calls.length);
});

const answers = calls.map(({ method, text = "" }) => `${method} ${text}`);

interface Registered {
  readonly task: Loopback;
  deregister(): Promise<void>;
}

/** A caller by each transport, all of which have been answered by the first task. */
async function calling(parts: AsyncDisposableStack) {
  const orders = { dns: { records: ["SRV" as const], ttl: 1 } };
  const local = parts.use(await startLocal({ services: { orders } }));
  const first = await register(parts, local);
  const names = [byFetch, byRequest, byInstall].map(({ name }) => name);
  const callers = await Promise.all(names.map((name) => startCaller(parts, name, local.env("lambda"))));
  for (const { call } of callers) expect(await call()).toMatchObject({ outcomes: answers });
  return { local, first, callers };
}

async function register(parts: AsyncDisposableStack, local: Local): Promise<Registered> {
  const task = parts.use(await loopback(well));
  const { deregister } = await local.register("orders", { port: task.port });
  return { task, deregister };
}

async function replace(
  parts: AsyncDisposableStack,
  local: Local,
  { deregister }: Registered,
): Promise<Loopback> {
  await deregister();
  return (await register(parts, local)).task;
}

async function startCaller(parts: AsyncDisposableStack, transport: string, env: Record<string, string>) {
  const child = spawnTyped("caller-main.ts", [transport], env);
  const lines = createInterface(child.stdout!);
  parts.defer(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  await line(lines);
  return {
    stop: () => child.kill("SIGSTOP"),
    go: () => child.kill("SIGCONT"),
    async call(): Promise<{ outcomes: string[]; ms: number }> {
      child.stdin!.write("/\n");
      return JSON.parse(await line(lines));
    },
  };
}

async function line(lines: Interface): Promise<string> {
  const [text] = (await once(lines, "line")) as [string];
  return text;
}
