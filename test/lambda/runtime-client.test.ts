import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type BundleOptions, bundle } from "../../examples/lambda/bundle.ts";
import { type OrdersWorld, ordersWorld } from "../support/orders-world.ts";
import { type RuntimeClient, runtimeClient, startClient } from "../support/runtime-client.ts";
import type { Called } from "./functions/calls.ts";

vi.setConfig({ testTimeout: 30_000 });

/** A folder with the tests' functions, as they would be deployed. */
let root: string;
let parts: AsyncDisposableStack;
let world: OrdersWorld;

beforeAll(async () => {
  await runtimeClient();
  root = await mkdtemp(join(tmpdir(), "byname-client-"));
  for (const file of ["calls", "stream", "middy", "wrong"]) await bundled(file, "esm", "cjs");
  await bundled("ready", "esm");
}, 120_000);
afterAll(() => rm(root, { recursive: true }));

beforeEach(async () => {
  parts = new AsyncDisposableStack();
  world = parts.use(await ordersWorld());
});
afterEach(() => parts.disposeAsync());

describe.each(["esm", "cjs"] as const)("a function as %s, run by Lambda's own client,", (format) => {
  test("answers, and says what went wrong, and is still there", async () => {
    const task = await world.task("ok");
    const client = await started("calls", { format });
    expect(await client.invoke()).toMatchObject({ answer: { text: "ok" } });
    await task.leave();
    expect(await client.invoke({ method: "POST" })).toMatchObject({
      errorType: "TypeError",
      errorMessage: expect.stringMatching(/^fetch failed: .*orders/),
    });
    await world.task("again");
    await expect.poll(() => client.invoke(), often).toMatchObject({ answer: { text: "again" } });
  });

  test("tells at once what is wrong in its options, and does not start", async () => {
    const client = await started("wrong", { format });
    expect(await client.api.initError).toMatchObject({
      errorType: "ConfigError",
      errorMessage: expect.stringContaining("123456"),
    });
    await client.ended;
    expect(client.api.asked).toEqual(["init/error"]);
  });

  test("streams what comes, and tells at the end what broke it off", async () => {
    await world.task(({ url, socket }, response) => {
      response.write("one, ", () => url === "/broken" && socket.destroy());
      if (url === "/") setImmediate(() => response.end("two"));
    });
    const client = await started("stream", { format });
    expect(await client.invoke()).toEqual({ answer: "one, two" });
    expect(await client.invoke({ path: "/broken" })).toMatchObject({
      errorType: "TypeError",
      errorMessage: "terminated: other side closed",
    });
    expect(await client.invoke()).toEqual({ answer: "one, two" });
  });

  test("may be Middy's", async () => {
    const task = await world.task("ok");
    const client = await started("middy", { format });
    expect(await client.invoke()).toEqual({ answer: { text: "ok" } });
    await task.leave();
    expect(await client.invoke()).toMatchObject({
      errorMessage: expect.stringMatching(/^fetch failed: .*orders/),
    });
  });
});

describe.each(["fetch", "request"] as const)("an invocation that calls by %s", (way) => {
  test("fails by itself before Lambda ends it", async () => {
    await world.task(() => {});
    const client = await started("calls");
    expect(await client.invoke({ way }, { timeout: 3_000 })).toMatchObject({
      errorType: way === "fetch" ? "TypeError" : "DeadlineError",
      errorMessage: expect.stringMatching(/no response of orders within \d+ ms/),
    });
  });

  test("carries its trace on, and none where it has none", async () => {
    const task = await world.task("ok");
    const client = await started("calls");
    const traces = ["Root=1-1;Sampled=1", undefined, "Root=1-2;Sampled=0"];
    for (const trace of traces) await client.invoke({ way }, trace ? { trace } : {});
    expect(task.seen.map(({ headers }) => headers["x-amzn-trace-id"])).toEqual(traces);
  });

  test("finds a service that moved while the process was frozen", async () => {
    let task = await world.task("first");
    const client = await started("calls");
    expect(await client.invoke({ way })).toMatchObject({ answer: { text: "first" } });
    for (const place of ["second", "third"]) {
      await client.freeze();
      await task.leave();
      task = await world.task(place);
      expect(await client.invoke({ way })).toMatchObject({ answer: { text: place } });
    }
  });
});

test("a stream fails by itself before Lambda ends it, too", async () => {
  await world.task((_request, response) => void response.write("one, "));
  const client = await started("stream");
  expect(await client.invoke({}, { timeout: 3_000 })).toMatchObject({
    errorMessage: expect.stringMatching(/^terminated: .*orders within \d+ ms/),
  });
});

test("neither the answer nor the next invocation waits for what is still open", async () => {
  const { held, hold } = holding();
  const task = await world.task(({ url }, response) => (url === "/" ? response.end("ok") : hold(response)));
  const client = await started("calls");
  for (const times of [1, 2]) {
    expect(await client.invoke({ beside: `/${times}` })).toMatchObject({ answer: { text: "ok" } });
    await task.asked(2 * times);
    await expect.poll(() => client.api.idle, often).toBe(true);
    expect(held.size).toBe(times);
  }
  expect(client.api.asked).toEqual(["next", "response", "next", "response", "next"]);
});

test("a call that was left open in a freeze, and is over its time, disturbs nothing", async () => {
  const { hold } = holding();
  const first = await world.task(({ url }, response) =>
    url === "/held" ? hold(response) : response.end("ok"),
  );
  const client = await started("calls");
  await client.invoke({ beside: "/held" }, { timeout: 2_000 });
  await first.asked(2);
  await client.freeze();
  await first.leave();
  const second = await world.task("second");
  await pause(1_500);
  expect(await client.invoke({ path: "/after" })).toMatchObject({ answer: { text: "second" } });
  expect(second.seen.map(({ target }) => target)).toEqual(["/after"]);
});

test("an environment that was made ahead, and frozen at once, has what its first invocation needs", async () => {
  const task = await world.task("ok");
  const sides = [world.local.dns, world.local.api];
  for (const side of sides) side.fault({ delay: 500 });
  const client = await started("ready");
  await client.freeze();
  for (const side of sides) {
    side.mend();
    side.fault({ drop: true });
  }
  expect(await client.invoke()).toMatchObject({ answer: { text: "ok" } });
  expect(task.seen).toHaveLength(1);
});

describe("on managed instances", () => {
  test("invocations at the same time in one worker have each their own time and trace", async () => {
    const { held, hold, release } = holding();
    const task = await world.task((_request, response) => hold(response));
    const client = await started("calls", { env: managed(1) });
    const call = (path: string) => ({ before: `/before${path}`, path });
    const patient = client.invoke(call("/patient"), { timeout: 25_000, trace: "Root=patient" });
    await task.asked(1);
    const hasty = client.invoke(call("/hasty"), { timeout: 5_000, trace: "Root=hasty" });
    await task.asked(2);
    release();
    await task.asked(4);
    expect(tracesOf(task)).toMatchObject({ "/patient": "Root=patient", "/hasty": "Root=hasty" });
    expect(await hasty).toMatchObject({
      errorMessage: expect.stringMatching(/no response of orders within/),
    });
    held.get("/patient")!.end("late");
    expect(await patient).toMatchObject({ answer: { text: "late" } });
  });

  test("every worker serves many, each with its trace", async () => {
    const { hold, release } = holding();
    const task = await world.task((_request, response) => hold(response));
    const client = await started("calls", { env: managed(2) });
    await expect.poll(() => client.api.asked, often).toEqual(["next", "next"]);
    const paths = Array.from({ length: 40 }, (_, index) => `/${index}`);
    const invoked = paths.map((path) =>
      client.invoke({ before: `/before${path}`, path }, { timeout: 25_000, trace: `Root=${path}` }),
    );
    // None of them is answered before all have been asked.
    for (const rounds of [1, 2]) {
      await task.asked(rounds * paths.length);
      release();
    }
    const called = (await Promise.all(invoked)).map((outcome) => (outcome as { answer: Called }).answer);
    expect(called.map(({ text }) => text)).toEqual(paths);
    expect(new Set(called.map(({ threadId }) => threadId)).size).toBe(2);
    expect(tracesOf(task)).toMatchObject(Object.fromEntries(paths.map((path) => [path, `Root=${path}`])));
  });

  test("streams at the same time keep apart", async () => {
    await world.task(({ url }, response) => {
      response.write(`${url} `);
      setImmediate(() => response.end("done"));
    });
    const client = await started("stream", { env: managed(1) });
    const paths = ["/1", "/2", "/3"];
    expect(await Promise.all(paths.map((path) => client.invoke({ path })))).toEqual(
      paths.map((path) => ({ answer: `${path} done` })),
    );
  });
});

const often = { timeout: 10_000, interval: 100 };

interface Started {
  readonly format?: BundleOptions["format"];
  readonly env?: Readonly<Record<string, string>>;
}

async function started(file: string, { format = "esm", env = {} }: Started = {}): Promise<RuntimeClient> {
  const options = { root: join(root, format), handler: `${file}.handler` };
  return parts.use(await startClient(options, { ...world.local.env("lambda"), ...env }));
}

async function bundled(file: string, ...formats: BundleOptions["format"][]): Promise<void> {
  const entry = join(import.meta.dirname, "functions", `${file}.ts`);
  for (const format of formats) {
    const end = format === "esm" ? "mjs" : "cjs";
    await bundle(entry, join(root, format, `${file}.${end}`), { format, sdk: "inside" });
  }
}

function managed(workers: number): Record<string, string> {
  return { AWS_LAMBDA_MAX_CONCURRENCY: "64", AWS_LAMBDA_NODEJS_WORKER_COUNT: String(workers) };
}

/** Responses that are kept back, by their path; released they say it. */
function holding() {
  const held = new Map<string, ServerResponse>();
  const hold = (response: ServerResponse) => void held.set(response.req.url!, response);
  const release = () => {
    for (const [path, response] of held) response.end(path);
    held.clear();
  };
  return { held, hold, release };
}

function tracesOf({ seen }: { seen: readonly { target: string; headers: object }[] }): object {
  return Object.fromEntries(
    seen.map(({ target, headers }) => [target, Reflect.get(headers, "x-amzn-trace-id")]),
  );
}
