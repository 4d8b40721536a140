import { expect, onTestFinished } from "vitest";
import type { Candidate } from "../../src/balance/candidate.ts";
import { ResolveError } from "../../src/ground/errors.ts";
import type { ServiceOptions } from "../../src/ground/options.ts";
import type { RequestPolicy } from "../../src/ground/request-policy.ts";
import type { Resolution } from "../../src/ground/resolution.ts";
import type { Scope } from "../../src/ground/scope.ts";
import type { Query } from "../../src/ground/service.ts";
import type { Resolver } from "../../src/resolve/resolver.ts";
import { steer } from "../../src/transport/steer.ts";
import { FakeAttempt, FakeCaller, type Generation } from "./fake-attempt.ts";
import { steeringWith } from "./steering.ts";

export interface ExchangeWorldOptions {
  /** @default "legacy" */
  readonly generation?: Generation;
  /** The endpoints' addresses by source, in order of preference. @default three from `dns` */
  readonly sources?: Readonly<Record<string, readonly string[]>>;
  readonly request?: Partial<RequestPolicy>;
  /** What the work asks that its requests belong to. */
  readonly scope?: Scope;
  /** @default always 0: no wait before a retry, the first endpoint picked */
  readonly random?: () => number;
  /** Whether what the sources say is known at once. @default true */
  readonly isKnown?: boolean;
}

/** A world that must be at rest when its test ends: nothing under way, no timer, one end for every call. */
export function atRest(options: ExchangeWorldOptions = {}): ExchangeWorld {
  const world = new ExchangeWorld(options);
  onTestFinished(async () => {
    world.connectAll();
    expect(world.loads.every((load) => load === 0)).toBe(true);
    expect(world.clock.pending).toBe(0);
    await world.inFlight.idle();
  });
  return world;
}

/**
 * ExchangeWorld: everything around an exchange that a test moves by hand: what sources say, what becomes of each
 * attempt, and time.
 */
export class ExchangeWorld {
  readonly #options: ExchangeWorldOptions;
  readonly #said: Map<string, Resolution>;
  readonly #parts: ReturnType<typeof steeringWith>;
  readonly attempts: FakeAttempt[] = [];
  /** What the resolver was asked, by the sources left out. */
  readonly asked: string[] = [];
  /** Lets a test keep an answer of the resolver back. */
  gate: Promise<unknown> | undefined;
  /** Throws in place of carrying, where set. */
  thrown: unknown;

  constructor(options: ExchangeWorldOptions = {}) {
    const { sources = { dns: ["10.0.0.1", "10.0.0.2", "10.0.0.3"] }, request = {}, random } = options;
    this.#options = options;
    const service: ServiceOptions = { request, balance: "roundRobin" };
    this.#parts = steeringWith(
      {
        settled: async () => {},
        peek: (query: Query) => (options.isKnown === false ? undefined : this.#find(query)),
        resolve: (query: Query) => this.#resolve(query),
      } as Partial<Resolver>,
      service,
      random,
    );
    this.#said = new Map(Object.entries(sources).map(([source, found]) => [source, said(source, found)]));
  }

  get clock() {
    return this.#parts.clock;
  }

  get doubted(): readonly string[] {
    return this.#parts.doubted;
  }

  get inFlight() {
    return this.#parts.steering.inFlight;
  }

  get traffic() {
    const { routes, traffics } = this.#parts.steering;
    return traffics.of(routes.match("http://orders")!);
  }

  /** Changes what a source says from now on. */
  say(source: string, ...found: readonly string[]): void {
    if (found.length === 0) this.#said.delete(source);
    else this.#said.set(source, said(source, found));
  }

  call(request: Readonly<Record<string, unknown>> = {}, policy?: Partial<RequestPolicy>): FakeCaller {
    const caller = new FakeCaller(this.#options.generation ?? "legacy");
    this.dispatch(caller, request, policy);
    return caller;
  }

  dispatch(
    caller: FakeCaller,
    request: Readonly<Record<string, unknown>> = {},
    policy?: Partial<RequestPolicy>,
  ) {
    const { scope } = this.#options;
    const dispatcher = steer({
      steering: { ...this.#parts.steering, ...(scope ? { scope: () => scope } : {}) },
      pass: () => false,
      policy,
      carry: (attempt, options, handler) => {
        if (this.thrown) throw this.thrown;
        const fake = new FakeAttempt(attempt, options, handler);
        this.attempts.push(fake);
        caller.attempts.push(fake);
      },
    });
    dispatcher.dispatch({ origin: "http://orders", path: "/", method: "GET", ...request }, caller.handler);
  }

  /** The attempt that was made last. */
  get last(): FakeAttempt {
    return this.attempts.at(-1)!;
  }

  /** How many attempts are under way for each endpoint, as the balancer has it. */
  get loads(): readonly number[] {
    return this.candidates.map(({ inFlight }) => inFlight);
  }

  /** The endpoints of all sources as the balancers know them. */
  get candidates(): readonly Candidate[] {
    return [...this.#said.values()].flatMap(
      (one) => this.traffic.balancer(one, this.clock.monotonic()).candidates,
    );
  }

  /** Lets every attempt that is still connecting get its connection, so that those nobody needs can end. */
  connectAll(): void {
    for (const attempt of this.attempts) if (attempt.state === "connecting") attempt.begin();
  }

  async #resolve(query: Query): Promise<Resolution> {
    await this.gate;
    const found = this.#find(query);
    if (!found) throw new ResolveError({ service: "orders", attempts: [], hint: "" });
    return found;
  }

  #find(query: Query): Resolution | undefined {
    const without = query.without ?? [];
    const key = without.join(" ");
    if (this.asked.at(-1) !== key) this.asked.push(key);
    for (const [source, resolution] of this.#said) if (!without.includes(source)) return resolution;
    return undefined;
  }
}

function said(source: string, found: readonly string[]): Resolution {
  const endpoints = found.map((address) => ({ address, port: 8080 }));
  return { service: "orders", source, stale: false, expiresAt: Number.POSITIVE_INFINITY, endpoints };
}
