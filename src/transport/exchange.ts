import { retryAfter } from "../balance/retry-after.ts";
import { defaults } from "../ground/defaults.ts";
import { DeadlineError, RequestError } from "../ground/errors.ts";
import { announceFailure, announceForgone } from "../ground/events.ts";
import { type RequestPolicy, within } from "../ground/request-policy.ts";
import type { Scope } from "../ground/scope.ts";
import type { Attempt, Reins } from "./attempt.ts";
import { Attempts } from "./attempts.ts";
import { type AttemptEvents, type Caller, callerOf, type Verdict } from "./caller.ts";
import { Course, type CourseContext, type CourseRequest } from "./course.ts";
import type { DispatchOptions, Handler } from "./dispatch.ts";
import { responseHeader } from "./headers.ts";
import { type InFlight, notUnderWay, type Work } from "./in-flight.ts";
import { type HeaderChanges, Outgoing } from "./outgoing.ts";
import { mayBeProxyReply, readProxyReply } from "./proxy-reply.ts";
import { isOfEndpoint, isTrouble } from "./retries.ts";
import type { Route } from "./routes.ts";
import { type Told, told } from "./told.ts";
import type { Traffic } from "./traffic.ts";

export interface ExchangeContext extends CourseContext {
  readonly inFlight: InFlight;
  /** What the work asks that a request belongs to. */
  readonly scope?: () => Scope | undefined;
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
 * source can be reached, the next source is asked. The deadline is for all of it, up to the answer's headers, the sending of
 * its body apart.
 */
export class Exchange implements AttemptEvents, CourseRequest, Reins, Work {
  readonly outgoing: Outgoing;
  readonly attempts = new Attempts();
  readonly traffic: Traffic;
  readonly policy: RequestPolicy;
  readonly startedAt: number;
  at = notUnderWay;
  readonly #context: ExchangeContext;
  readonly #route: Route;
  readonly #carry: Carry;
  readonly #remaining: number | undefined;
  /** Whether the outer limit leaves it less time than its own policy. */
  readonly #isCutShort: boolean;
  readonly #caller: Caller;
  readonly #course: Course;
  #cancelDeadline: (() => void) | undefined;
  #cancelRemaining: (() => void) | undefined;
  #told: Told | undefined;
  #isOver = false;

  constructor(context: ExchangeContext, { route, traffic, request, handler, carry, policy }: Wanted) {
    const usual = route.query.service.request;
    const scope = context.scope?.();
    const own = policy ? { ...usual, ...policy } : usual;
    this.policy = within(scope?.remaining, own);
    this.#isCutShort = this.policy !== own;
    this.outgoing = new Outgoing(
      isLong(this.policy) ? unlimited(request) : request,
      route.host,
      scope?.headers,
    );
    this.traffic = traffic;
    this.startedAt = context.clock.monotonic();
    this.#context = context;
    this.#route = route;
    this.#carry = carry;
    this.#remaining = scope?.remaining;
    this.#caller = callerOf(handler);
    this.#course = new Course(context, this);
  }

  run(): void {
    const { inFlight, clock } = this.#context;
    const { timeout } = this.policy;
    try {
      this.#caller.start(this);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#isOver) return;
    // Everything may have been destroyed before this request came.
    inFlight.begin(this);
    if (this.#isOver) return;
    this.#told = told(this.#route.query, this.outgoing);
    const remaining = this.#remaining;
    if (remaining !== undefined && remaining <= 0) return this.#releaseOrFail(this.#lateness(0));
    // Comes first where both are due at once, since it is the one that tells who did not answer.
    if (timeout > 0) this.#cancelDeadline = clock.after(timeout, () => this.#late(), this.startedAt);
    if (remaining !== undefined) {
      // Unlike the request's own limit this one is for the response's body as well.
      const end = () => this.abort(this.#lateness(remaining)());
      this.#cancelRemaining = clock.after(remaining, end, this.startedAt);
    }
    this.#course.start(this.startedAt);
  }

  /** Its caller gives it up. */
  abort(reason: unknown): void {
    if (this.#isOver || this.#cutBody(reason)) return;
    // Without an attempt under way nothing else would tell of its end.
    if (this.#told && this.attempts.running.length === 0)
      announceForgone({ request: this.#told.request }, reason);
    this.#fail(reason);
  }

  /** Unlike its caller's own abort this is a failure. */
  destroy(reason: unknown): void {
    if (this.#isOver || this.#cutBody(reason)) return;
    this.#failAndTell(reason);
  }

  made(attempt: Attempt): void {
    if (this.#told) this.#told.send(attempt, this.outgoing, (headers) => this.#send(attempt, headers));
    else this.#send(attempt);
  }

  #send(attempt: Attempt, headers?: HeaderChanges): void {
    try {
      const options = this.outgoing.for(attempt, headers);
      this.#carry(attempt, options, this.#caller.attempt(attempt, this));
    } catch (error) {
      this.failed(attempt, error);
    }
  }

  begun(attempt: Attempt, reins: Reins): void {
    if (attempt.phase === "over") return reins.abort(new Error("another connection was faster"));
    const isNews = attempt.begin(reins);
    const { held } = this.attempts;
    // The rest of its body went to the proxy meanwhile, so there is nothing to begin with.
    if (held && !this.outgoing.canResend) return this.#release(held);
    if (isNews) this.#course.connected(attempt);
    this.attempts.dropRivals();
  }

  answered(attempt: Attempt, status: number, headers: unknown): Verdict {
    if (attempt.phase === "over") return "drop";
    // An informational answer (1xx) comes before the real one.
    if (status < 200) return "pass";
    attempt.answered(status, isTrouble(status) && !attempt.isProxied);
    const verdict = this.#judge(attempt, status, headers);
    if (verdict === "drop") return "drop";
    attempt.verdict = verdict;
    this.attempts.cutOthers(attempt);
    if (verdict === "pass") this.#settle(attempt);
    return verdict;
  }

  replied(attempt: Attempt, text: string, isWhole: boolean): void {
    // Judged before: what follows is kept back as well.
    if (attempt === this.attempts.held) return;
    const reply = readProxyReply(text, isWhole);
    if (reply === "unclear") return;
    const { mayRepeat, canResend } = this.outgoing;
    const mayGoOn = reply === "unsent" ? canResend : reply === "retried" && mayRepeat;
    if (!mayGoOn) return this.#release(attempt);
    this.attempts.hold(attempt);
    this.#course.beyond(attempt, () => this.#release(attempt));
  }

  completed(attempt: Attempt): void {
    const { verdict } = attempt;
    this.attempts.drop(attempt);
    if (verdict === "pass") this.#finish();
  }

  upgraded(attempt: Attempt, status: number): boolean {
    if (attempt.phase === "over") return false;
    attempt.answered(status, false);
    this.#settle(attempt);
    this.attempts.cutOthers(attempt);
    this.attempts.drop(attempt);
    this.#finish();
    return true;
  }

  failed(attempt: Attempt, error: unknown): void {
    const { phase, verdict } = attempt;
    if (phase === "over") return attempt.end();
    if (verdict === "hold") return this.#failHeld(attempt, error);
    const own = this.outgoing.error;
    const isFinal = verdict === "pass" || own !== undefined || !isOfEndpoint(error);
    if (!isFinal) this.#course.note(attempt, error);
    this.attempts.drop(attempt, own ?? error);
    if (isFinal) this.#fail(own ?? error);
    else this.#course.goOn(attempt, error, phase !== "connecting");
  }

  unresolved(error: unknown): void {
    this.#releaseOrFail(() => error);
  }

  exhausted(cause: unknown): void {
    // Node's fetch tries an upgrade again by HTTP/1.1 when it sees undici's own error.
    if (this.outgoing.isUpgrade) this.#releaseOrFail(() => cause);
    else this.#releaseOrFail(() => new RequestError(this.#key, this.attempts.failures, cause));
  }

  #judge(attempt: Attempt, status: number, headers: unknown): Verdict {
    if (attempt.isProxied) return mayBeProxyReply(status, headers) ? "hold" : "pass";
    if (!isTrouble(status) || !this.outgoing.mayRepeat) return "pass";
    // Another attempt that is under way for the same request may do better.
    const isAlone = this.attempts.running.length === 1;
    const delay = isAlone ? this.#course.take({ atLeast: this.#retryAfter(headers) }) : 0;
    if (delay === undefined) return "pass";
    this.attempts.forgo(attempt, status);
    if (isAlone) this.#course.startAfter(delay);
    else this.#course.hedgeAgain();
    return "drop";
  }

  /** In milliseconds; 0 where the answer does not say. */
  #retryAfter(headers: unknown): number {
    return retryAfter(responseHeader(headers, "retry-after") ?? "", this.#context.clock.now()) ?? 0;
  }

  /** The caller gets this answer: from here on only its body is under way. */
  #settle({ source }: Attempt): void {
    this.#stop();
    this.traffic.fallback.trust(source);
  }

  /** The caller gets this answer, which was kept back until here. */
  #release(attempt: Attempt): void {
    this.#stop();
    this.attempts.restore(attempt);
    this.attempts.cutOthers(attempt);
    try {
      attempt.release();
    } catch (error) {
      // undici does the same for a handler that throws.
      attempt.abort(error);
      this.#fail(error);
    }
  }

  /** What is kept back ends by this error, where the caller gets it at all. */
  #failHeld(attempt: Attempt, error: unknown): void {
    // Node's fetch hears of a body's errors only after it has had a turn to take the headers.
    attempt.hold(() => setImmediate(() => this.#fail(error)));
    if (attempt !== this.attempts.held) this.#release(attempt);
  }

  /** Where the answer's headers have gone to the caller, the error comes by the way of the body. */
  #cutBody(reason: unknown): boolean {
    const { passing } = this.attempts;
    passing?.abort(reason);
    return passing !== undefined;
  }

  #late(): void {
    const { clock } = this.#context;
    const left = this.#course.deadline - clock.monotonic();
    if (left > 0 && !this.#isCutShort) {
      this.#cancelDeadline = clock.after(Math.ceil(left), () => this.#late());
      return;
    }
    this.#course.expire(!this.#isCutShort);
    this.#releaseOrFail(this.#lateness(this.policy.timeout));
  }

  get #key(): string {
    return this.#route.query.service.key;
  }

  #lateness(ms: number): () => DeadlineError {
    return () => new DeadlineError(this.#key, ms, this.attempts.failures);
  }

  /** Nothing better comes: the caller gets the answer that was kept back, or else this error. */
  #releaseOrFail(error: () => unknown): void {
    const { held } = this.attempts;
    if (held) return this.#release(held);
    this.#failAndTell(error());
  }

  /** Unlike what its caller gives up it has failed. */
  #failAndTell(error: unknown): void {
    this.#fail(error);
    announceFailure(this.#route.query, error, this.#told?.request, this.attempts.count);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    this.attempts.cutAll(error);
    this.#caller.fail(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#stop();
    this.#cancelRemaining?.();
    this.outgoing.close();
    this.#caller.end();
    this.#context.inFlight.end(this);
  }

  /** No attempt is to be made any more. */
  #stop(): void {
    this.#cancelDeadline?.();
    this.#course.end();
  }
}

/** Whether undici's own limit for a response's headers would come before the policy's. */
function isLong({ timeout }: RequestPolicy): boolean {
  return timeout === 0 || timeout > defaults.undiciHeadersTimeout;
}

function unlimited(request: DispatchOptions): DispatchOptions {
  return { headersTimeout: 0, ...request };
}
