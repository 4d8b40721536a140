import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocal } from "@byname/local";
import { bootstrap } from "../../examples/ec-store/lambda/function.ts";
import { RuntimeApi } from "../../examples/ec-store/lambda/runtime-api.ts";
import { bundle } from "../../examples/lambda/bundle.ts";
import { quantile } from "./slices.ts";

interface Contender {
  readonly name: string;
  readonly file: string;
  /** Whether what is loaded on first use is in files of its own. @default true */
  readonly split?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const api = { BYNAME_SOURCES: "cloudMap" };
const contenders: readonly Contender[] = [
  { name: "does nothing", file: "empty" },
  { name: "does nothing, again (control)", file: "empty" },
  { name: "plain fetch of an address", file: "plain" },
  { name: "byname, by DNS", file: "byname" },
  { name: "byname, by DNS, in one file", file: "byname", split: false },
  { name: "byname, by DNS, ready in init", file: "ready" },
  { name: "byname, by the Cloud Map API", file: "byname", env: api },
  { name: "byname, by the API, in one file", file: "byname", split: false, env: api },
  { name: "byname, by the API, ready in init", file: "ready", env: api },
];

/**
 * Cold starts of a bundled Lambda function (ESM, the AWS SDK inside), beside the same without byname: a fresh process
 * for each, from its start to `next`, then its first and second invocation.
 */
export async function lambda({ rounds = 15 } = {}): Promise<void> {
  const server = createServer((_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const local = await startLocal({ services: { orders: { instances: [{ port }] } } });
  const root = await mkdtemp(join(tmpdir(), "byname-bench-"));
  const wanted = new Map(contenders.map(({ file, split = true }) => [`${file} ${split}`, { file, split }]));
  for (const { file, split } of wanted.values()) {
    const entry = join(import.meta.dirname, "functions", `${file}.ts`);
    await bundle(entry, join(folderOf(root, split), `${file}.mjs`), { format: "esm", sdk: "inside", split });
  }
  const samples = new Map(contenders.map(({ name }) => [name, [] as Sample[]]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, file, split = true, env = {} } of contenders) {
      const all = { ...local.env("lambda"), ...env, ORDERS_URL: `http://127.0.0.1:${port}/` };
      samples.get(name)!.push(await coldStart(folderOf(root, split), file, all));
    }
  }
  report(samples);
  await local.close();
  server.close();
  server.closeAllConnections();
  await rm(root, { recursive: true });
}

function folderOf(root: string, split: boolean): string {
  return join(root, split ? "split" : "one");
}

/** Milliseconds. */
interface Sample {
  readonly init: number;
  readonly first: number;
  readonly second: number;
}

async function coldStart(root: string, file: string, env: Readonly<Record<string, string>>): Promise<Sample> {
  const waits = Promise.withResolvers<void>();
  // Not stopped, since that would be measured as well: what it does after an answer it has done by the next one.
  const api = new RuntimeApi("arn:aws:lambda:eu-west-1:111122223333:function:bench", 30_000, {
    freeze: () => waits.resolve(),
    thaw: () => {},
  });
  const address = await api.listen();
  const own = { AWS_LAMBDA_RUNTIME_API: address, LAMBDA_TASK_ROOT: root, _HANDLER: `${file}.handler` };
  const started = performance.now();
  const child = fork(bootstrap, {
    env: { ...env, ...own, PATH: process.env.PATH },
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  child.once("exit", (code) => waits.reject(new Error(`${file} ended early (${code})`)));
  await waits.promise;
  const init = performance.now() - started;
  const first = await timed(() => api.invoke({}));
  const second = await timed(() => api.invoke({}));
  await end(child);
  api.close();
  return { init, first, second };
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

function end(child: ChildProcess): Promise<unknown> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  return ended;
}

function report(samples: ReadonlyMap<string, readonly Sample[]>): void {
  console.log(
    "a function's cold start: milliseconds of init, first and second invocation (median, middle half)",
  );
  for (const [name, all] of samples) {
    const figures = (["init", "first", "second"] as const).map((what) => {
      const ms = all.map((sample) => sample[what]);
      const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(ms, part).toFixed(1));
      return `${middle} (${low} to ${high})`.padEnd(26);
    });
    console.log(`  ${name.padEnd(36)}${figures.join("").trimEnd()}`);
  }
  console.log();
}
