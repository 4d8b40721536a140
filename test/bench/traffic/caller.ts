import { fork } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Open } from "./contenders.ts";
import type { Where } from "./fleet.ts";
import { type Plan, run, type Sample } from "./load.ts";

/** Caller: one contender under load, in a process of its own: importing undici, for one, changes Node's fetch. */
export interface Caller extends AsyncDisposable {
  /** The wall time at which the run proper begins. */
  readonly begun: Promise<number>;
  readonly report: Promise<Report>;
}

export interface Report {
  readonly samples: readonly Sample[];
  /** Requests beyond one for each call; undefined where nothing tells. */
  readonly retries?: number;
  /** The longest delay of its event loop, in milliseconds. */
  readonly stall: number;
}

export function startCaller(contender: string, where: Where, plan: Plan): Caller {
  const child = fork(new URL(import.meta.url), ["--caller", JSON.stringify({ contender, where, plan })], {
    // The way by which grpc-js asks the DNS server that its target names.
    env: { ...process.env, GRPC_NODE_USE_ALTERNATIVE_RESOLVER: "true" },
  });
  const ended = once(child, "exit");
  const early = ended.then(([code, signal]) => {
    throw new Error(`the process of ${contender} ended early (${signal ?? code})`);
  });
  const next = async <T>(): Promise<T> => {
    const limit = AbortSignal.timeout((plan.warmUp + plan.seconds + 30) * 1_000);
    const [message] = await Promise.race([once(child, "message", { signal: limit }), early]);
    return message as T;
  };
  const begun = next<number>();
  const report = begun.then(() => next<Report>());
  report.catch(() => {});
  return {
    begun,
    report,
    async [Symbol.asyncDispose]() {
      early.catch(() => {});
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** What is loaded and compiled on first use must not meet a crowd: calls that follow one another, five at a time. */
async function warm(call: () => Promise<unknown>): Promise<void> {
  const one = async () => {
    for (let calls = 0; calls < 60; calls++) await call();
  };
  await Promise.all(Array.from({ length: 5 }, one));
}

if (process.argv[2] === "--caller") {
  const { contender, where, plan } = JSON.parse(process.argv[3]!);
  const { open } = (await import(`./contenders/${contender}.ts`)) as { open: Open };
  let requests = 0;
  subscribe("undici:request:create", () => {
    requests += 1;
  });
  let calls = 0;
  const { call, close } = await open(where);
  const counted = () => {
    calls += 1;
    return call("/v1/orders/42");
  };
  await warm(counted);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  setTimeout(() => delay.reset(), plan.warmUp * 1_000);
  const samples = await run(plan, counted, (at) => process.send!(at));
  const retries = requests > 0 ? requests - calls : undefined;
  process.send!({ samples, retries, stall: delay.max / 1e6 }, () => close().finally(() => process.exit(0)));
}
