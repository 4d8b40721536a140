import type { Candidate } from "../balance/candidate.ts";
import { retryAfter } from "../balance/retry-after.ts";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import { AttemptTimeoutError, DeadlineError, type FailedAttempt, RequestError } from "../ground/errors.ts";
import type { RequestPolicy } from "../ground/request-policy.ts";
import type { Resolution, SourceName } from "../ground/resolution.ts";
import type { Query } from "../ground/service.ts";
import type { Resolver } from "../resolve/resolver.ts";
import { Attempt } from "./attempt.ts";
import { type AttemptEvents, type Caller, callerOf, type Verdict } from "./caller.ts";
import type { DispatchOptions, Handler } from "./dispatch.ts";
import { type HeaderList, responseHeader, withHeader } from "./headers.ts";
import type { InFlight } from "./in-flight.ts";
import { isUnsent, mayBeProxyReply } from "./proxy-reply.ts";
import { type ReplayBody, replayBody } from "./replay-body.ts";
import { isIdempotent, isOfEndpoint, isTrouble, Retries } from "./retries.ts";
import type { Route } from "./routes.ts";
import type { Traffic } from "./traffic.ts";

export interface ExchangeContext {
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly random: () => number;
  readonly inFlight: InFlight;
}

/** One request, as it came and by which way it is to go. */
export interface Wanted {
  readonly route: Route;
  readonly traffic: Traffic;
  readonly request: DispatchOptions;
  readonly handler: Handler;
  readonly carry: Carry;
  /** What this request wants otherwise than its service does. */
  readonly policy?: Partial<RequestPolicy> | undefined;
}

/** Hands an attempt to the connections that carry it. */
export type Carry = (attempt: Attempt, options: DispatchOptions, handler: Handler) => void;

/**
 * Exchange: one request of a caller and its answer, over as many attempts as that takes.
 *
 * An attempt ends in one of three ways: its answer goes to the caller; it failed before anything was sent, which
 * any request may try again elsewhere; or it failed later, which only an idempotent one may. Where no endpoint of a
 * source can be reached, the next source is asked. The deadline is for all of it, up to the answer's headers.
 */
export class Exchange implements AttemptEvents {
  readonly #with: ExchangeContext;
  readonly #wanted: Wanted;
  readonly #policy: RequestPolicy;
  readonly #headers: HeaderList;
  readonly #body: ReplayBody | undefined;
  readonly #caller: Caller;
  readonly #retries: Retries;
  readonly #running = new Set<Attempt>();
  readonly #tried: Candidate[] = [];
  readonly #failures: FailedAttempt[] = [];
  /** Sources that this request has gone beyond; once is enough. */
  readonly #left = new Set<SourceName>();
  #cancelDeadline = nothing;
  #cancelRace = nothing;
  #cancelPause = nothing;
  #isOver = false;

  constructor(context: ExchangeContext, wanted: Wanted) {
    const { route, traffic, request, handler, policy } = wanted;
    const usual = route.query.service.request;
    this.#with = context;
    this.#wanted = wanted;
    this.#policy = policy ? { ...usual, ...policy } : usual;
    this.#headers = withHeader(request.headers, "host", route.host);
    this.#body = replayBody(request.body);
    this.#caller = callerOf(handler);
    this.#retries = new Retries(this.#policy, traffic.budget, context);
  }

  run(): void {
    const { inFlight, clock } = this.#with;
    inFlight.start(this, (reason) => this.#abort(reason));
    this.#caller.start((reason) => this.#abort(reason));
    if (this.#isOver) return;
    const { timeout } = this.#policy;
    if (timeout > 0) this.#cancelDeadline = clock.after(timeout, () => this.#late(timeout));
    this.#resolve(this.#wanted.traffic.fallback.query());
  }

  begun(attempt: Attempt, abort: (reason?: unknown) => void): void {
    if (attempt.phase === "over") return abort(new Error("another connection was faster"));
    attempt.begin(abort);
    this.#cancelRace();
    for (const other of this.#running) if (other.phase === "connecting") this.#drop(other);
    this.#armHedge(attempt);
  }

  answered(attempt: Attempt, status: number, headers: unknown): Verdict {
    if (attempt.phase === "over") return "drop";
    // An informational answer (1xx) comes before the real one.
    if (status < 200) return "pass";
    attempt.phase = "answered";
    attempt.verdict = attempt.isProxied
      ? this.#judgeProxied(attempt, status, headers)
      : this.#judge(attempt, status, headers);
    if (attempt.verdict === "drop") return "drop";
    for (const other of this.#running) if (other !== attempt) this.#cut(other);
    if (attempt.verdict === "pass") this.#settle(attempt);
    return attempt.verdict;
  }

  replied(attempt: Attempt, text: string): void {
    if (attempt.phase !== "answered") return;
    // Judged once. What follows of this answer is kept back until it is known whether another source has a better one.
    attempt.phase = "sending";
    if (isUnsent(text)) this.#beyond(attempt, () => this.#release(attempt));
    else this.#release(attempt);
  }

  completed(attempt: Attempt): void {
    const { verdict } = attempt;
    this.#drop(attempt);
    if (verdict === "pass") this.#finish();
  }

  upgraded(attempt: Attempt, status: number): boolean {
    if (attempt.phase === "over") return false;
    attempt.answered(status, false);
    this.#settle(attempt);
    this.#drop(attempt);
    this.#finish();
    return true;
  }

  failed(attempt: Attempt, error: unknown): void {
    const { phase } = attempt;
    if (phase === "over") return;
    if (attempt.verdict === "hold") this.#release(attempt);
    const isFinal = attempt.verdict === "pass" || !isOfEndpoint(error);
    if (!isFinal) this.#note(attempt, error);
    this.#drop(attempt);
    if (isFinal) return this.#fail(error);
    if (phase === "connecting") return this.#unsent(attempt, error);
    if (this.#running.size > 0) return;
    const mayRepeat = !attempt.isProxied && this.#mayRepeat;
    this.#again(mayRepeat ? this.#retries.take({ atOnce: this.#failures.length === 1 }) : undefined, error);
  }

  /** Asks where the service is, then tries. @param otherwise what to do where another source has nothing either. */
  #resolve(query: Query, otherwise?: () => void): void {
    const { resolver } = this.#with;
    const known = resolver.peek(query);
    if (known) return this.#try(query, known);
    resolver.resolve(query).then(
      (found) => {
        if (!this.#isOver) this.#try(query, found);
      },
      (error) => {
        if (this.#isOver) return;
        if (!query.without) return this.#fail(error);
        // Nobody else knows the service, so the sources that were left out are as good as before.
        this.#wanted.traffic.fallback.trustAll();
        if (otherwise) otherwise();
        else this.#resolve(this.#wanted.traffic.fallback.query());
      },
    );
  }

  #try(query: Query, resolution: Resolution): void {
    const { traffic, request, carry } = this.#wanted;
    const { method = "GET", path } = request;
    const balancer = traffic.balancer(resolution);
    this.#retries.on(resolution.source);
    const errand = { query, resolution, balancer, method, path, resent: this.#failures.length };
    const attempt = new Attempt(errand, this.#with.clock, this.#tried);
    this.#tried.push(attempt.candidate);
    this.#running.add(attempt);
    this.#armRace(attempt);
    this.#limit(attempt);
    const options = {
      ...request,
      origin: attempt.origin,
      headers: this.#headers,
      servername: attempt.serverName,
      ...(this.#body ? { body: this.#body.view() } : {}),
    };
    try {
      carry(attempt, options, this.#caller.attempt(attempt, this));
    } catch (error) {
      this.failed(attempt, error);
    }
  }

  /** The address of a task that vanished does not answer at all: what has no connection soon is raced by another. */
  #armRace(attempt: Attempt): void {
    this.#cancelRace();
    if (attempt.isProxied || this.#running.size >= defaults.racersMost || !this.#hasOther(attempt)) return;
    this.#cancelRace = this.#with.clock.after(defaults.connectRace, () => {
      if (attempt.phase !== "connecting") return;
      this.#note(attempt, new Error(`no connection within ${defaults.connectRace} ms`));
      this.#try(attempt.errand.query, attempt.errand.resolution);
    });
  }

  #limit(attempt: Attempt): void {
    const { attemptTimeout } = this.#policy;
    if (attemptTimeout === 0) return;
    const cancel = this.#with.clock.after(attemptTimeout, () => {
      if (attempt.phase !== "connecting" && attempt.phase !== "sending") return;
      const error = new AttemptTimeoutError(attemptTimeout);
      this.failed(attempt, error);
      attempt.abort(error);
    });
    attempt.onEnd(cancel);
  }

  /** A second attempt beside one that is slow, where the caller has asked for that. */
  #armHedge(attempt: Attempt): void {
    const { hedgeAfter } = this.#policy;
    if (hedgeAfter === 0 || attempt.isProxied || this.#body || !this.#mayRepeat) return;
    const { query, resolution } = attempt.errand;
    const cancel = this.#with.clock.after(hedgeAfter, () => {
      if (attempt.phase !== "sending" || this.#running.size > 1 || !this.#hasOther(attempt)) return;
      if (this.#retries.take({ atOnce: true }) !== undefined) this.#try(query, resolution);
    });
    attempt.onEnd(cancel);
  }

  /** Nothing was sent, so any request goes on: at another endpoint, or by what the next source gives. */
  #unsent(attempt: Attempt, error: unknown): void {
    const { query, resolution } = attempt.errand;
    if (!attempt.isProxied && this.#hasOther(attempt) && this.#retries.take({ atOnce: true }) !== undefined)
      return this.#try(query, resolution);
    // Somebody else is still in the race for a connection.
    if (this.#running.size > 0) return;
    this.#beyond(attempt, () => this.#again(this.#retries.take(), error));
  }

  /** Leaves this attempt's source for the next one. */
  #beyond({ source }: Attempt, otherwise: () => void): void {
    if (this.#left.has(source)) return otherwise();
    this.#left.add(source);
    this.#resolve(this.#wanted.traffic.fallback.leave(source), otherwise);
  }

  #again(delay: number | undefined, error: unknown): void {
    if (delay === undefined) return this.#giveUp(error);
    const go = () => this.#resolve(this.#wanted.traffic.fallback.query());
    if (delay === 0) return go();
    // Nothing else may keep the process alive meanwhile, and somebody waits for this.
    this.#cancelPause = this.#with.clock.after(delay, go, true);
  }

  #judgeProxied(attempt: Attempt, status: number, headers: unknown): Verdict {
    attempt.answered(status, false);
    return mayBeProxyReply(status, headers) ? "hold" : "pass";
  }

  #judge(attempt: Attempt, status: number, headers: unknown): Verdict {
    const isBad = isTrouble(status);
    attempt.answered(status, isBad);
    if (!isBad || !this.#mayRepeat) return "pass";
    if (this.#running.size > 1) return this.#leaveToOthers(attempt, status);
    const atLeast = retryAfter(responseHeader(headers, "retry-after") ?? "", this.#with.clock.now());
    const delay = this.#retries.take({ atLeast });
    if (delay === undefined) return "pass";
    const error = new Error(`HTTP ${status}`);
    this.#failures.push(attempt.failure(error));
    this.#drop(attempt);
    this.#again(delay, error);
    return "drop";
  }

  get #service(): string {
    return this.#wanted.route.query.service.key;
  }

  /** Another attempt is under way for the same request, and may do better. */
  #leaveToOthers(attempt: Attempt, status: number): Verdict {
    this.#failures.push(attempt.failure(new Error(`HTTP ${status}`)));
    this.#drop(attempt);
    return "drop";
  }

  /** Whether all of it may be sent once more, as far as this side knows. */
  get #mayRepeat(): boolean {
    return isIdempotent(this.#wanted.request, this.#headers) && (this.#body?.canReplay ?? true);
  }

  #hasOther({ errand }: Attempt): boolean {
    return errand.balancer.candidates.some((candidate) => !this.#tried.includes(candidate));
  }

  /** Remembers what became of an attempt, once. */
  #note(attempt: Attempt, error: unknown): void {
    const failure = attempt.failed(error);
    if (!failure) return;
    this.#failures.push(failure);
    this.#with.resolver.doubt(attempt.errand.query);
  }

  /** The caller gets this answer: from here on only its body is under way. */
  #settle({ source }: Attempt): void {
    this.#cancelDeadline();
    this.#wanted.traffic.fallback.trust(source);
  }

  #release(attempt: Attempt): void {
    this.#cancelDeadline();
    attempt.release();
  }

  /** Nobody needs this attempt any more; where it has not begun, it ends when it gets a connection. */
  #drop(attempt: Attempt): void {
    this.#running.delete(attempt);
    attempt.end();
  }

  /** Nobody needs it, and its connection is not worth waiting for. */
  #cut(attempt: Attempt, reason: unknown = new Error("another attempt was faster")): void {
    this.#drop(attempt);
    attempt.abort(reason);
  }

  #giveUp(cause: unknown): void {
    // Node's fetch tries an upgrade again by HTTP/1.1 when it sees undici's own error.
    if (this.#wanted.request.upgrade) this.#fail(cause);
    else this.#fail(new RequestError(this.#service, this.#failures, cause));
  }

  #late(timeout: number): void {
    this.#fail(new DeadlineError(this.#service, timeout, this.#failures));
  }

  #abort(reason: unknown): void {
    const passing = [...this.#running].find(({ verdict }) => verdict === "pass");
    // Then the error comes by the way of the body.
    if (passing) passing.abort(reason);
    else this.#fail(reason);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    for (const attempt of this.#running) this.#cut(attempt, error);
    this.#caller.fail(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#cancelDeadline();
    this.#cancelRace();
    this.#cancelPause();
    this.#body?.close();
    this.#with.inFlight.end(this);
  }
}

const nothing = () => {};
