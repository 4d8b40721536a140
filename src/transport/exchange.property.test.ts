import fc from "fast-check";
import { expect, test } from "vitest";
import { ExchangeWorld } from "../../test/support/exchange-world.ts";
import { type FakeAttempt, FakeCaller, type Generation } from "../../test/support/fake-attempt.ts";
import { settled } from "../../test/support/fake-clock.ts";
import { ClosedError } from "../ground/errors.ts";

/** Milliseconds that a busy machine may take; an idle one takes a tenth. */
const patience = { timeout: 90_000 };

/**
 * Whatever attempts, callers, sources and time do, in whatever order: what must hold stands in `Run`. A failure prints
 * its seed and path, and the shortest list of steps that leads to it.
 */
type Step =
  | { readonly do: "begin" | "refuse" | "reset" | "complete" | "upgrade" | "inform"; readonly which: number }
  | { readonly do: "answer"; readonly which: number; readonly status: number }
  | { readonly do: "proxyReplies"; readonly which: number; readonly text: string; readonly cuts: number }
  | { readonly do: "data" | "read"; readonly which: number; readonly size: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "say"; readonly source: number; readonly count: number }
  | { readonly do: "abort" | "destroy" | "settle" };

const unsentText = "no healthy upstream";
const sources = ["serviceConnect", "dns", "fixed"] as const;
const which = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("begin" as const), which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("refuse" as const, "reset" as const, "complete" as const),
      which,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("upgrade" as const, "inform" as const), which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      which,
      status: fc.constantFrom(200, 404, 503, 503, 504),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("proxyReplies" as const),
      which,
      text: fc.constantFrom(unsentText, "no healthy", "upstream connect error", ""),
      cuts: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("data" as const, "read" as const),
      which,
      size: fc.constantFrom(1, 3, 70_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.constantFrom(0, 1, 30, 99, 250, 1_000, 15_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("say" as const),
      source: fc.nat({ max: 2 }),
      count: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("abort" as const, "destroy" as const, "settle" as const, "settle" as const),
    }),
  },
);

const wanted = fc.record({
  method: fc.constantFrom("GET", "GET", "POST", "PUT"),
  hasKey: fc.boolean(),
  body: fc.constantFrom("none", "text", "pieces", "long", "failing"),
  counts: fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 4 }), fc.nat({ max: 1 })),
  isKnown: fc.boolean(),
  isSpent: fc.boolean(),
  draw: fc.constantFrom(0, 0.5, 0.99),
  policy: fc.record({
    timeout: fc.constantFrom(0, 500, 15_000),
    attemptTimeout: fc.constantFrom(0, 0, 100),
    hedgeAfter: fc.constantFrom(0, 0, 40),
    retries: fc.nat({ max: 3 }),
  }),
});
type Wanted = typeof wanted extends fc.Arbitrary<infer T> ? T : never;

const bodies: Readonly<Record<string, readonly string[]>> = {
  pieces: ["a", "b", "c"],
  failing: ["a", "b"],
  long: ["x".repeat(600_000), "y".repeat(600_000), "z"],
};

/** One request and everything that happens to it. */
class Run {
  readonly #wanted: Wanted;
  readonly #world: ExchangeWorld;
  readonly #call: FakeCaller;
  readonly #views = new Map<FakeAttempt, { readonly view: AsyncIterator<string>; text: string }>();
  readonly #sent = new Set<FakeAttempt>();
  readonly #answered = new Set<FakeAttempt>();
  /** Those of which the proxy said that no task saw them. */
  readonly #provenUnsent = new Set<FakeAttempt>();
  #endpoints: number;

  constructor(generation: Generation, wanted: Wanted) {
    this.#wanted = wanted;
    const { counts, isKnown, draw, policy: request } = wanted;
    const given = Object.fromEntries(
      sources.flatMap((source, at) => (counts[at] ? [[source, addresses(source, counts[at]!)]] : [])),
    );
    this.#endpoints = counts[0] + counts[1] + counts[2];
    this.#world = new ExchangeWorld({ generation, sources: given, isKnown, random: () => draw, request });
    if (wanted.isSpent) while (this.#world.traffic.budget.take(0));
    this.#call = new FakeCaller(generation);
    const headers = wanted.hasKey ? { "idempotency-key": "1" } : {};
    this.#world.dispatch(this.#call, { method: wanted.method, headers, body: this.#body() });
  }

  async take(step: Step): Promise<void> {
    await this.#do(step);
    this.#check();
  }

  /** Whatever is still under way gets an end. */
  async end(): Promise<void> {
    for (let i = 0; i < 60; i++) {
      await settled();
      for (const attempt of this.#call.attempts) {
        if (attempt.state === "connecting") attempt.refuse();
        else if (this.#answered.has(attempt)) attempt.complete();
        else attempt.reset();
      }
      await this.#world.clock.advance(2_000);
      this.#check();
    }
    expect(this.#call.ends).toHaveLength(1);
    expect(this.#world.loads.every((load) => load === 0)).toBe(true);
    expect(this.#world.clock.pending).toBe(0);
    await this.#world.inFlight.idle();
  }

  async #do(step: Step): Promise<void> {
    if ("which" in step) return this.#drive(step);
    switch (step.do) {
      case "advance":
        return this.#world.clock.advance(step.ms);
      case "abort":
        return this.#call.abort("aborted");
      case "destroy":
        return this.#world.inFlight.destroy(new ClosedError());
      case "settle":
        return settled();
      case "say": {
        const source = sources[step.source]!;
        this.#endpoints += step.count;
        return this.#world.say(source, ...addresses(source, step.count));
      }
    }
  }

  async #drive(step: Step & { readonly which: number }): Promise<void> {
    const attempt = this.#call.attempts[step.which];
    if (!attempt) return;
    switch (step.do) {
      case "begin":
        if (attempt.begin()) this.#sent.add(attempt);
        break;
      case "refuse":
        return attempt.state === "connecting" ? attempt.refuse() : undefined;
      case "reset":
        return attempt.isOpen ? attempt.reset() : undefined;
      case "complete":
        return this.#answered.has(attempt) ? attempt.complete() : undefined;
      case "upgrade":
        return this.#answered.has(attempt) ? undefined : attempt.upgrade();
      case "inform":
        return this.#answered.has(attempt) ? undefined : attempt.answer(103);
      case "answer":
        this.#answer(attempt, step.status);
        break;
      case "proxyReplies":
        return this.#proxyReplies(attempt, step.text, step.cuts);
      case "data":
        return this.#answered.has(attempt) ? attempt.data("x".repeat(step.size)) : undefined;
      case "read":
        return this.#read(attempt);
    }
  }

  #answer(attempt: FakeAttempt, status: number, headers = {}): boolean {
    if (!attempt.isOpen || this.#answered.has(attempt)) return false;
    this.#answered.add(attempt);
    attempt.answer(status, headers);
    return true;
  }

  #proxyReplies(attempt: FakeAttempt, text: string, cuts: number): void {
    if (!attempt.address.startsWith("127")) return;
    if (text === unsentText && attempt.isOpen && !this.#answered.has(attempt))
      this.#provenUnsent.add(attempt);
    if (!this.#answer(attempt, 503, { server: "envoy" })) return;
    const size = Math.ceil(text.length / (cuts + 1));
    for (let at = 0; at < text.length; at += size) attempt.data(text.slice(at, at + size));
    if (cuts > 0) attempt.complete();
  }

  /** Sends one piece of the body, as undici does. */
  async #read(attempt: FakeAttempt): Promise<void> {
    const whole = bodies[this.#wanted.body]?.join("");
    if (!attempt.isOpen || whole === undefined) return;
    let reading = this.#views.get(attempt);
    if (!reading) {
      const view = (attempt.options.body as AsyncIterable<string>)[Symbol.asyncIterator]();
      reading = { view, text: "" };
      this.#views.set(attempt, reading);
    }
    try {
      const { done, value } = await reading.view.next();
      if (!done) reading.text += value;
      expect(whole.startsWith(reading.text)).toBe(true);
      if (done) expect(reading.text).toBe(whole);
    } catch (error) {
      if ((error as Error).name === "AssertionError") throw error;
      attempt.fail(error);
    }
  }

  #check(): void {
    const { told, attempts } = this.#call;
    expect(told.join(" ").replace(/x{5,}/g, "x")).toMatch(story);
    expect(this.#world.loads.every((load) => load >= 0)).toBe(true);
    const senders = attempts.filter((attempt) => attempt.isOpen && !this.#answered.has(attempt));
    expect(senders.length).toBeLessThanOrEqual(this.#mayRepeat && this.#wanted.policy.hedgeAfter > 0 ? 2 : 1);
    const seen = [...this.#sent].filter((attempt) => !this.#provenUnsent.has(attempt));
    if (!this.#mayRepeat) expect(seen.length).toBeLessThanOrEqual(1);
    expect(attempts.length).toBeLessThanOrEqual(this.#most);
    const { timeout } = this.#wanted.policy;
    const isInTime = timeout === 0 || this.#world.clock.monotonic() < timeout;
    expect(isInTime || told.some((what) => /^([2-5]\d\d|end|error|upgrade)/.test(what))).toBe(true);
  }

  get #mayRepeat(): boolean {
    return this.#wanted.method !== "POST" || this.#wanted.hasKey;
  }

  /** One to begin with, one for each source that was left, the races, which go to new endpoints, and the retries. */
  get #most(): number {
    const isSpent = this.#wanted.isSpent && this.#world.clock.monotonic() < 9_000;
    const retries = isSpent ? 0 : this.#wanted.policy.retries * sources.length;
    return 1 + sources.length + this.#endpoints + retries;
  }

  #body(): unknown {
    const { body } = this.#wanted;
    if (body === "none") return undefined;
    if (body === "text") return "text";
    return (async function* () {
      yield* bodies[body]!;
      if (body === "failing") throw new Error("the body failed");
    })();
  }
}

/** What a caller may be told, in its order. */
const story = /^start( 103)*( upgrade| error .*| ([2-5]\d\d)( data [^ ]*( [a-z]+)*?)*( end| error .*)?)?$/;

function addresses(source: string, count: number): string[] {
  const prefix = source === "serviceConnect" ? "127.255.0" : source === "dns" ? "10.0.0" : "10.0.1";
  return Array.from({ length: count }, (_, at) => `${prefix}.${at + 1}`);
}

test.each(["legacy", "current"] as const)(
  "a request gets one end, is never sent twice where that may harm, and leaves nothing behind (%s)",
  patience,
  async (generation) => {
    await fc.assert(
      fc.asyncProperty(wanted, fc.array(step, { maxLength: 30 }), async (wanted, steps) => {
        const run = new Run(generation, wanted);
        for (const step of steps) await run.take(step);
        await run.end();
      }),
      { numRuns: 400 },
    );
  },
);
