import { backoff } from "../../src/balance/backoff.ts";
import { Balancer, type BalancerOptions } from "../../src/balance/balancer.ts";
import { Budget } from "../../src/balance/budget.ts";
import type { Candidate } from "../../src/balance/candidate.ts";
import { defaults } from "../../src/ground/defaults.ts";
import type { Endpoint } from "../../src/ground/endpoint.ts";
import { EventQueue } from "./event-queue.ts";
import { seeded } from "./seeded.ts";

/** Traffic: one client calls one service at a rate, through a balancer, in simulated time. */
export interface Traffic {
  readonly seed: number;
  /** Requests a second, at random moments (a Poisson process). */
  readonly rate: number;
  /** Milliseconds. */
  readonly length: number;
  /** What the resolver says at this time. */
  readonly list: (now: number) => readonly Endpoint[];
  /** What the server does with an attempt that comes in now. */
  readonly server: (endpoint: Endpoint, now: number, random: () => number) => Reply;
  readonly policy?: BalancerOptions["policy"];
  readonly zone?: string;
  /** `budget`: twice at most, as the budget allows. `always`: twice, whatever it costs. */
  readonly retries?: "none" | "budget" | "always";
}

export interface Reply {
  readonly ms: number;
  readonly failed?: boolean;
}

/** One request, with all its attempts. */
export interface Call {
  readonly at: number;
  ms: number;
  failed: boolean;
  readonly attempts: { readonly at: number; readonly endpoint: Endpoint; readonly failed: boolean }[];
}

export interface Outcome {
  readonly calls: readonly Call[];
  readonly balancer: Balancer;
  /** Every second: how many endpoints are ejected, in use, and whether all are used in a panic. */
  readonly samples: readonly { readonly at: number; readonly ejected: number; readonly panic: boolean }[];
}

export function simulate(traffic: Traffic): Outcome {
  const queue = new EventQueue();
  const random = seeded(traffic.seed);
  const balancer = new Balancer({
    random,
    ...(traffic.policy === undefined ? {} : { policy: traffic.policy }),
  });
  const client = { traffic, queue, random, balancer, budget: new Budget() };
  const calls: Call[] = [];
  const samples: { at: number; ejected: number; panic: boolean }[] = [];
  const arrive = () => {
    const call: Call = { at: queue.monotonic(), ms: 0, failed: false, attempts: [] };
    calls.push(call);
    client.budget.request(call.at);
    attempt(client, call, []);
    queue.after((-Math.log(1 - random()) * 1_000) / traffic.rate, arrive);
  };
  const sample = () => {
    const { panic, candidates } = balancer;
    samples.push({
      at: queue.monotonic(),
      panic,
      ejected: candidates.filter(({ ejected }) => ejected).length,
    });
    queue.after(1_000, sample);
  };
  arrive();
  sample();
  queue.runUntil(traffic.length);
  return { calls: calls.filter(({ ms }) => ms > 0), balancer, samples };
}

interface Client {
  readonly traffic: Traffic;
  readonly queue: EventQueue;
  readonly random: () => number;
  readonly balancer: Balancer;
  readonly budget: Budget;
}

function attempt(client: Client, call: Call, tried: readonly Candidate[]): void {
  const { traffic, queue, random, balancer } = client;
  const started = queue.monotonic();
  balancer.follow(traffic.list(started), started, traffic.zone);
  const candidate = balancer.pick(started, tried);
  const { endpoint } = candidate;
  const { ms, failed = false } = traffic.server(endpoint, started, random);
  queue.after(ms, () => {
    const now = queue.monotonic();
    call.attempts.push({ at: started, endpoint, failed });
    if (failed) balancer.failed(candidate, now, ms);
    else balancer.answered(candidate, now, ms);
    balancer.ended(candidate);
    if (failed && mayRetry(client, tried.length, now)) {
      queue.after(backoff(tried.length, random), () => attempt(client, call, [...tried, candidate]));
      return;
    }
    call.failed = failed;
    call.ms = now - call.at;
  });
}

function mayRetry({ traffic: { retries = "none" }, budget }: Client, done: number, now: number): boolean {
  if (retries === "none" || done >= defaults.maxRetries) return false;
  return retries === "always" || budget.take(now);
}

/** So many endpoints, `10.0.0.1` and on. */
export function endpoints(count: number, zoneOf?: (index: number) => string): Endpoint[] {
  return Array.from({ length: count }, (_, index) => ({
    address: `10.0.${index >> 8}.${(index & 255) + 1}`,
    port: 8080,
    id: `task-${index}`,
    ...(zoneOf ? { zone: zoneOf(index) } : {}),
  }));
}

/** The part of all attempts between two times that went to one endpoint. */
export function shareOf(endpoint: Endpoint, calls: readonly Call[], from: number, to: number): number {
  let all = 0;
  let its = 0;
  for (const call of calls) {
    for (const attempt of call.attempts) {
      if (attempt.at < from || attempt.at >= to) continue;
      all++;
      if (attempt.endpoint === endpoint) its++;
    }
  }
  return its / all;
}
