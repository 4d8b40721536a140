import type { Balancer } from "../balance/balancer.ts";
import type { Candidate } from "../balance/candidate.ts";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import { AttemptTimeoutError } from "../ground/errors.ts";
import type { RequestPolicy } from "../ground/request-policy.ts";
import type { Resolution, SourceName } from "../ground/resolution.ts";
import type { Query } from "../ground/service.ts";
import type { Resolver } from "../resolve/resolver.ts";
import { Attempt } from "./attempt.ts";
import type { Attempts } from "./attempts.ts";
import { type Way, waysAfter } from "./next.ts";
import type { Outgoing } from "./outgoing.ts";
import { Retries } from "./retries.ts";
import type { Traffic } from "./traffic.ts";

export interface CourseContext {
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Who a course is for: a request, what is remembered of others like it, and what it is told. */
export interface CourseRequest {
  readonly outgoing: Outgoing;
  readonly attempts: Attempts;
  readonly traffic: Traffic;
  readonly policy: RequestPolicy;
  /** When the request began, by the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  /** An attempt is made, and is to be carried out. */
  made(attempt: Attempt): void;
  failed(attempt: Attempt, error: unknown): void;
  /** No source knows the service, or nobody can tell which endpoint to take. */
  unresolved(error: unknown): void;
  /** There is no way to go on after this error. */
  exhausted(error: unknown): void;
}

/**
 * Course: the way of one request from source to source and from endpoint to endpoint: asks where the service is, makes
 * the attempts, races those that get no connection, hedges those that get no answer, and goes on after those that failed.
 */
export class Course {
  readonly #context: CourseContext;
  readonly #request: CourseRequest;
  /** Made when they are first asked for: nearly no request does. */
  #made: Retries | undefined;
  /** Sources that this request has gone beyond; once is enough. */
  #left: readonly SourceName[] = none;
  /** The newest attempt, as long as another one may race it. */
  #racing: Attempt | undefined;
  #cancelRace: (() => void) | undefined;
  #cancelPause: (() => void) | undefined;
  #hasEnded = false;

  constructor(context: CourseContext, request: CourseRequest) {
    this.#context = context;
    this.#request = request;
  }

  /** @param now the monotonic clock's reading, where the caller has taken it just now */
  start(now = this.#context.clock.monotonic()): void {
    this.#resolve(this.#request.traffic.fallback.query(), undefined, now);
  }

  /** No further attempt is made. */
  end(): void {
    this.#hasEnded = true;
    this.#endRace();
    this.#cancelPause?.();
  }

  /** An attempt has got a connection: no other needs one, until it proves slow. */
  connected(attempt: Attempt): void {
    this.#endRace();
    this.outran(attempt);
    const { policy, outgoing } = this.#request;
    if (policy.hedgeAfter === 0 || !outgoing.mayHedge) return;
    attempt.after(policy.hedgeAfter, () => this.#hedge(attempt));
  }

  /**
   * An attempt has got its connection before those that were raced, which have failed thereby. Where all are as slow, as
   * when tasks have too much to do, the first to begin is the first to have one, and nobody has failed.
   */
  outran(attempt: Attempt): void {
    const { connectRace } = defaults;
    for (const other of this.#request.attempts.outrunBy(attempt)) {
      if (!other.isQueued && attempt.startedAt - other.startedAt >= connectRace)
        this.#remember(other, new Error(`no connection within ${connectRace} ms`));
    }
  }

  /** One of two attempts came to nothing: the other one may be as slow as it was, and then gets company again. */
  hedgeAgain(): void {
    const { policy, outgoing, attempts } = this.#request;
    const [slow] = attempts.running;
    if (!slow || slow.phase === "connecting" || policy.hedgeAfter === 0 || !outgoing.mayHedge) return;
    slow.after(policy.hedgeAfter, () => this.#hedge(slow));
  }

  /** Goes on after a failure, by the first way that is open. */
  goOn(attempt: Attempt, error: unknown, wasSent: boolean): void {
    const { attempts, outgoing } = this.#request;
    const { isProxied } = attempt;
    const { mayRepeat, canResend } = outgoing;
    const isFirst = attempts.failures.length === 1;
    if (!wasSent && !isProxied) this.#newest(attempt);
    const hasOther = attempts.hasOther(attempt);
    const ways = waysAfter({ wasSent, isProxied, isFirst, hasOther, mayRepeat, canResend });
    this.#go(ways, attempt, error);
  }

  /** Leaves this attempt's source for the next one. @param otherwise what to do where that has nothing either */
  beyond(attempt: Attempt, otherwise: () => void): void {
    const { source } = attempt;
    if (this.#left.includes(source)) return otherwise();
    this.#left = [...this.#left, source];
    const { attempts, traffic } = this.#request;
    // An endpoint that is yet to be tried may work, and only this request must not try it: its retries are spent.
    const isSpent = attempts.hasOther(attempt);
    const query = isSpent ? traffic.fallback.beyond(source) : traffic.fallback.leave(source);
    this.#resolve(query, otherwise);
  }

  /** Takes one retry. @returns the wait before it, in milliseconds; undefined where none is left */
  take(options: { readonly atOnce?: boolean; readonly atLeast?: number }): number | undefined {
    return this.#retries.take(options);
  }

  /** Begins again. Nothing else may keep the process alive until then, and somebody waits for this. */
  startAfter(ms: number): void {
    if (ms === 0) this.start();
    else this.#cancelPause = this.#context.clock.after(ms, () => this.start(), undefined, true);
  }

  /**
   * Remembers what became of an attempt, once, and doubts what it went by.
   * @param isFault whether the endpoint is to blame, and not the little time it was given
   */
  note(attempt: Attempt, error: unknown, isFault = true): void {
    const isNews = this.#remember(attempt, error, isFault);
    if (isNews && isFault) this.#context.resolver.doubt(attempt.query);
  }

  /**
   * Time is up: who has the request and did not answer is no better than who refused it.
   * @param isFault whether they had as long as their service has
   */
  expire(isFault: boolean): void {
    const late = Object.assign(new Error("no answer by the deadline"), { code: "BYNAME_DEADLINE" });
    for (const attempt of this.#request.attempts.running) this.note(attempt, late, isFault);
  }

  /** @returns whether that is news */
  #remember(attempt: Attempt, error: unknown, isFault = true): boolean {
    const failure = attempt.failed(error, isFault);
    if (failure) this.#request.attempts.failed(failure);
    return failure !== undefined;
  }

  get #retries(): Retries {
    const { policy, traffic } = this.#request;
    this.#made ??= new Retries(policy, traffic, this.#context, () => this.deadline);
    return this.#made;
  }

  /** By when there has to be an answer, by the monotonic clock, in milliseconds: the sending of bodies does not count. */
  get deadline(): number {
    const { policy, startedAt, attempts } = this.#request;
    return policy.timeout > 0 ? startedAt + policy.timeout + attempts.uploadedFor : Number.POSITIVE_INFINITY;
  }

  #go(ways: readonly Way[], attempt: Attempt, error: unknown): void {
    const [way, ...others] = ways;
    const otherwise = () => this.#go(others, attempt, error);
    switch (way) {
      case undefined:
        return this.#request.exhausted(error);
      case "wait":
        return this.#request.attempts.running.length > 0 ? this.hedgeAgain() : otherwise();
      case "another":
        return this.#tryElsewhere(attempt) ? undefined : otherwise();
      case "beyond":
        return this.beyond(attempt, otherwise);
      case "atOnce":
        return this.#again(true) ? undefined : otherwise();
      case "again":
        return this.#again(false) ? undefined : otherwise();
      case "afresh":
        return this.#afresh(attempt) ? undefined : otherwise();
    }
  }

  #tryElsewhere(attempt: Attempt): boolean {
    if (!this.#retries.takeElsewhere()) return false;
    this.#try(attempt.query, this.#newest(attempt), true);
    return true;
  }

  #again(atOnce: boolean): boolean {
    const delay = this.#retries.take({ atOnce });
    if (delay !== undefined) this.startAfter(delay);
    return delay !== undefined;
  }

  /** Begins again when the lookup that has begun about what could not be reached tells more. */
  #afresh({ query }: Attempt): boolean {
    const delay = this.#retries.take({});
    if (delay === undefined) return false;
    this.#context.resolver.settled(query).then(() => {
      if (!this.#hasEnded) this.startAfter(delay);
    });
    return true;
  }

  #resolve(query: Query, otherwise?: () => void, now = this.#context.clock.monotonic()): void {
    const { resolver, clock } = this.#context;
    const wall = clock.now();
    const known = resolver.peek(query, wall);
    if (known) return this.#try(query, known, false, now, wall);
    resolver.resolve(query).then(
      (found) => {
        if (!this.#hasEnded) this.#try(query, found);
      },
      (error) => {
        if (!this.#hasEnded) this.#unknown(query, error, otherwise);
      },
    );
  }

  #unknown(query: Query, error: unknown, otherwise?: () => void): void {
    if (!query.without) return this.#request.unresolved(error);
    // Nobody else knows the service, so the sources that were left out are as good as before.
    this.#request.traffic.fallback.trustAll();
    if (otherwise) otherwise();
    else this.start();
  }

  /**
   * The clocks are read once for all that is asked here.
   * @param isElsewhere whether it is in the place of, or beside, an attempt that was not answered
   */
  #try(
    query: Query,
    resolution: Resolution,
    isElsewhere = false,
    now = this.#context.clock.monotonic(),
    wall = this.#context.clock.now(),
  ): void {
    const { outgoing, attempts, traffic, policy } = this.#request;
    const { time, budget } = traffic;
    const steady = time.at(now, wall);
    if (!attempts.newest) budget.request(steady);
    else if (!attempts.had(resolution.source)) this.#retries.renew();
    const balancer = traffic.balancer(resolution, steady);
    const candidate = this.#pick(balancer, steady, isElsewhere);
    if (!candidate) return;
    const { clock } = this.#context;
    const resent = attempts.count;
    const parts = { query, resolution, balancer, candidate, outgoing, resent, time, clock, startedAt: now };
    const attempt = new Attempt(parts);
    attempts.start(attempt);
    this.#endRace();
    this.#request.made(attempt);
    // Some have their connection, or have failed, by now.
    if (attempt.phase === "connecting") this.#limitConnecting(attempt);
    if (policy.attemptTimeout > 0 && attempt.isWaiting) this.#limit(attempt, policy.attemptTimeout);
  }

  /** A picker of the user's own may throw, and whoever started this may not be there any more to hear of it. */
  #pick(balancer: Balancer, now: number, isElsewhere: boolean): Candidate | undefined {
    const { tried } = this.#request.attempts;
    try {
      return isElsewhere ? balancer.pickElsewhere(now, tried) : balancer.pick(now, tried);
    } catch (error) {
      this.#request.unresolved(error);
      return undefined;
    }
  }

  /**
   * The address of a task that vanished does not answer at all: what has no connection soon is raced by another, and has
   * failed a while later, where Node's own fetch would wait for ten seconds. One timer after the other, since nearly
   * every attempt is connected before the first. Who waits for a connection of others learns nothing of the endpoint.
   */
  #limitConnecting(attempt: Attempt): void {
    const { connectRace, connectTimeout, racersMost } = defaults;
    const mayRace = !attempt.isProxied && this.#request.attempts.running.length < racersMost;
    if (mayRace) this.#racing = attempt;
    attempt.unlessConnected(connectRace, () => {
      const fail = () => {
        const error = new Error(`no connection within ${connectTimeout} ms`);
        this.#request.failed(attempt, Object.assign(error, { code: "UND_ERR_CONNECT_TIMEOUT" }));
      };
      if (!attempt.isQueued) attempt.unlessConnected(connectTimeout - connectRace, fail);
      this.#race(attempt);
    });
  }

  #race(attempt: Attempt): void {
    if (attempt !== this.#racing || attempt.phase !== "connecting") return;
    const { resolver, clock } = this.#context;
    const { query } = attempt;
    if (!attempt.isQueued) resolver.doubt(query);
    const newest = this.#newest(attempt);
    if (!this.#request.attempts.hasOther(attempt))
      this.#cancelRace = clock.after(defaults.connectRace, () => this.#race(attempt));
    else if (this.#retries.takeRacer()) this.#try(query, newest, true);
  }

  #endRace(): void {
    this.#racing = undefined;
    this.#cancelRace?.();
  }

  /** What is known by now: somebody may have come in the place of one that vanished. */
  #newest({ query, resolution }: Attempt): Resolution {
    const { resolver, clock } = this.#context;
    const newest = resolver.peek(query);
    if (!newest || newest.source === "serviceConnect") return resolution;
    const { traffic } = this.#request;
    traffic.balancer(newest, traffic.time.at(clock.monotonic(), clock.now()));
    return newest;
  }

  #limit(attempt: Attempt, timeout: number): void {
    attempt.after(timeout, () => {
      const error = new AttemptTimeoutError(timeout);
      this.#request.failed(attempt, error);
      attempt.abort(error);
    });
  }

  /** A second attempt beside one that is slow, where the caller has asked for that. */
  #hedge(attempt: Attempt): void {
    const { attempts } = this.#request;
    const newest = this.#newest(attempt);
    if (attempts.running.length > 1 || !attempts.hasOther(attempt)) return;
    if (this.#retries.take({ atOnce: true }) === undefined) return;
    this.#try(attempt.query, newest, true);
  }
}

const none: readonly never[] = [];
