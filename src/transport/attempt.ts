import type { Balancer } from "../balance/balancer.ts";
import type { Candidate } from "../balance/candidate.ts";
import type { SteadyTime } from "../balance/steady-time.ts";
import type { Clock } from "../ground/clock.ts";
import type { Endpoint } from "../ground/endpoint.ts";
import { briefly, type FailedAttempt } from "../ground/errors.ts";
import {
  type AttemptEvent,
  announceForgone,
  type BynameEvents,
  events,
  withoutQuery,
} from "../ground/events.ts";
import type { Resolution } from "../ground/resolution.ts";
import type { Query } from "../ground/service.ts";
import type { Verdict } from "./caller.ts";
import { isConnecting } from "./connects.ts";
import { HeldAnswer } from "./held-answer.ts";
import type { Outgoing } from "./outgoing.ts";
import { UnwantedAnswer } from "./unwanted-answer.ts";

/** What an attempt is made of. */
export interface AttemptOptions {
  readonly query: Query;
  readonly resolution: Resolution;
  readonly balancer: Balancer;
  /** Where it goes, by the balancer. */
  readonly candidate: Candidate;
  readonly outgoing: Outgoing;
  /** How many attempts this request had before. */
  readonly resent: number;
  /** What the balancer goes by. */
  readonly time: SteadyTime;
  readonly clock: Clock;
  /** The monotonic clock's reading in milliseconds. */
  readonly startedAt: number;
}

/** What breaks an attempt off: undici's controller, say. */
export interface Reins {
  abort(reason?: unknown): void;
}

/** Attempt: one try at one endpoint, from the pick to its outcome, which is told once. */
export class Attempt {
  readonly query: Query;
  readonly resolution: Resolution;
  readonly balancer: Balancer;
  readonly candidate: Candidate;
  readonly endpoint: Endpoint;
  readonly outgoing: Outgoing;
  /** How many attempts its request had before. */
  readonly resent: number;
  /** `connecting` until it may send, `over` once its request has no more use for it. */
  phase: "connecting" | "sending" | "answered" | "over" = "connecting";
  verdict: Verdict = "drop";
  /** Whether its request's body, if there is one, has been sent to the end. */
  isSent: boolean;
  /** When the first piece of its request's body was sent, and the last one so far. */
  #uploadedFrom: number | undefined;
  #uploadedUntil: number | undefined;
  /** Whether it goes by the process's own connections, of which there may be few. */
  isByProcess = false;
  /** The one that its request had before. */
  before: Attempt | undefined;
  /** How its sending was announced, where somebody listened. */
  sent: BynameEvents["byname:send"] | undefined;
  readonly #time: SteadyTime;
  readonly #clock: Clock;
  /** By the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  #reins: Reins | undefined;
  /** Since when it has its connection, where that had to be waited for. */
  #connectedAt: number | undefined;
  #cancelConnecting: (() => void) | undefined;
  /** The timers that run until its headers are there. */
  #timers: (() => void)[] | undefined;
  #held: HeldAnswer | undefined;
  #unwanted: UnwantedAnswer | undefined;
  #isTold = false;
  /** What it came to nothing by. */
  #error: string | undefined;
  #isAnnounced = false;

  constructor({
    query,
    resolution,
    balancer,
    candidate,
    outgoing,
    resent,
    time,
    clock,
    startedAt,
  }: AttemptOptions) {
    this.query = query;
    this.resolution = resolution;
    this.balancer = balancer;
    this.candidate = candidate;
    this.endpoint = candidate.endpoint;
    this.outgoing = outgoing;
    this.resent = resent;
    this.#time = time;
    this.#clock = clock;
    this.startedAt = startedAt;
    this.isSent = !outgoing.hasBody;
  }

  get source(): string {
    return this.resolution.source;
  }

  /** Whether it goes through Service Connect's proxy, which balances, ejects and retries by itself. */
  get isProxied(): boolean {
    return this.source === "serviceConnect";
  }

  get origin(): string {
    return this.candidate.originBy(this.query.scheme);
  }

  /** The name that TLS asks for and checks. */
  get serverName(): string {
    return this.endpoint.serverName ?? this.query.service.name;
  }

  /** Whether its headers are still to come. */
  get isWaiting(): boolean {
    return this.phase === "connecting" || this.phase === "sending";
  }

  /** While connecting: whether it waits for a connection that other requests have, rather than for a new one. */
  get isQueued(): boolean {
    return this.isByProcess && !isConnecting(this.origin);
  }

  /** A connection is there. Interceptors may say so again. @returns whether that is news. */
  begin(reins: Reins): boolean {
    this.#reins = reins;
    if (this.phase !== "connecting") return false;
    this.phase = "sending";
    if (this.#cancelConnecting) this.#connectedAt = this.#clock.monotonic();
    this.#cancelConnecting?.();
    return true;
  }

  /** Breaks it off, where it has begun; one that is still connecting ends when it gets that far. */
  abort(reason: unknown): void {
    this.#reins?.abort(reason);
  }

  /** Runs after `ms` milliseconds unless a connection, or its end, came first. */
  unlessConnected(ms: number, run: () => void): void {
    this.#cancelConnecting = this.#clock.after(ms, run);
  }

  /** Runs after `ms` milliseconds unless its headers, or its end, came first. */
  after(ms: number, run: () => void): void {
    this.#timers ??= [];
    this.#timers.push(this.#clock.after(ms, run));
  }

  /** Keeps a part of the answer back. @returns the text so far */
  hold(part: () => void, text = ""): string {
    this.#held ??= new HeldAnswer();
    return this.#held.add(part, text);
  }

  /** Lets the caller have what was kept back, and the rest as it comes. */
  release(): void {
    this.verdict = "pass";
    this.#held?.release();
  }

  /** A piece of its request's body has been sent. */
  uploaded(): void {
    this.#uploadedUntil = this.#clock.monotonic();
    this.#uploadedFrom ??= this.#uploadedUntil;
  }

  /** For how long its request's body has been sent, in milliseconds. */
  get uploadedFor(): number {
    return this.#uploadedUntil === undefined ? 0 : this.#uploadedUntil - this.#uploadedFrom!;
  }

  /** Nobody is to have its answer. With its request still being sent, another attempt needs the rest of that. */
  discard(): void {
    const cut = () => this.abort(new Error("the answer is not wanted any more"));
    if (this.isSent) this.#unwanted = new UnwantedAnswer(this.#clock, cut);
    else cut();
  }

  /** More of an answer has come that nobody is to have. */
  drain(bytes: number): void {
    this.#unwanted?.read(bytes);
  }

  answered(status: number, isFailure: boolean): void {
    this.phase = "answered";
    this.#cancelTimers();
    this.#settle(isFailure ? "failed" : isWork(status) ? "answered" : "refused");
    this.#announce(status);
  }

  /**
   * It came to nothing.
   * @param isFault whether the endpoint is to blame
   * @returns undefined where that was told before
   */
  failed(error: unknown, isFault = true): FailedAttempt | undefined {
    if (!this.#settle(isFault ? "failed" : "abandoned")) return undefined;
    this.#error = briefly(error);
    return this.failure(error);
  }

  /** What errors and later attempts know of it. */
  failure(error: unknown): FailedAttempt {
    const ms = this.#clock.monotonic() - this.startedAt;
    return { source: this.source, endpoint: this.endpoint, error: briefly(error), ms };
  }

  /** Nothing of it is under way any more. @param reason what its request was given up by, where it was */
  end(reason?: unknown): void {
    this.#unwanted?.end();
    if (this.phase === "over") return;
    this.phase = "over";
    this.verdict = "drop";
    this.#cancelTimers();
    this.#held?.clear();
    this.#settle("abandoned");
    this.balancer.ended(this.candidate);
    if (this.#error !== undefined) this.#announce();
    else if (!this.#isAnnounced && this.sent) announceForgone({ sent: this.sent }, reason);
  }

  /** What is known of it from the beginning, as its events tell it. */
  about(): AttemptEvent {
    const { query, resolution, outgoing, resent } = this;
    return {
      service: query.service.key,
      source: resolution.source,
      stale: resolution.stale,
      endpoint: this.endpoint,
      method: outgoing.method,
      path: withoutQuery(outgoing.path),
      resent,
      crossZone: this.candidate.away,
    };
  }

  #cancelTimers(): void {
    this.#cancelConnecting?.();
    if (!this.#timers) return;
    for (const cancel of this.#timers) cancel();
    this.#timers = undefined;
  }

  /**
   * Tells the balancer. Neither a handshake nor a caller's upload tells anything of the next answer: by the one every new
   * endpoint would look slow, by the other whoever was given a large body.
   * @returns whether that is the first time
   */
  #settle(outcome: Outcome): boolean {
    if (this.#isTold) return false;
    this.#isTold = true;
    const { balancer } = this;
    const now = this.#clock.monotonic();
    const steady = this.#time.near(now);
    const ms = now - (this.#uploadedUntil ?? this.#connectedAt ?? this.startedAt);
    if (outcome === "failed") balancer.failed(this.candidate, steady, now - this.startedAt);
    else if (outcome === "abandoned") balancer.abandoned(this.candidate, steady, ms);
    else balancer.answered(this.candidate, steady, ms, outcome === "answered");
    return true;
  }

  /** @param status left out where it came to nothing */
  #announce(status?: number): void {
    const isNews = !this.#isAnnounced;
    this.#isAnnounced = true;
    const channel = events["byname:attempt"];
    if (!isNews || !channel.hasSubscribers) return;
    const { sent } = this;
    const outcome = status === undefined ? { error: this.#error! } : { status };
    const ms = this.#clock.monotonic() - this.startedAt;
    channel.publish({ ...this.about(), ...(sent ? { sent } : {}), ...outcome, ms });
  }
}

type Outcome = "answered" | "refused" | "failed" | "abandoned";

/** Whether an answer tells how long the work takes. A service that fails at it, or has too much of it, may say so at once. */
function isWork(status: number): boolean {
  return status < 500 && status !== 429;
}
