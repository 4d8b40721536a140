import type { Candidate } from "../balance/candidate.ts";
import type { FailedAttempt } from "../ground/errors.ts";
import type { SourceName } from "../ground/resolution.ts";
import type { Attempt } from "./attempt.ts";

/** Attempts: those of one request: which are under way, and what became of the others. */
export class Attempts {
  /** The one that was made last, from which all others are found; nearly always the only one. */
  newest: Attempt | undefined;
  failures: readonly FailedAttempt[] = none;
  /** The one whose answer is kept back until it is known whether another source has a better one. */
  held: Attempt | undefined;

  start(attempt: Attempt): void {
    attempt.before = this.newest;
    this.newest = attempt;
  }

  /** How many there have been. */
  get count(): number {
    return this.newest ? this.newest.resent + 1 : 0;
  }

  /** Where the request was sent, or was to be sent. */
  get tried(): readonly Candidate[] {
    return this.newest ? this.#all.map(({ candidate }) => candidate) : none;
  }

  /** Those that the request may still come to its answer by, in the order in which they were made. */
  get running(): readonly Attempt[] {
    return this.#all.filter((attempt) => attempt.phase !== "over" && attempt !== this.held);
  }

  /** For how long their bodies have been sent, in milliseconds. */
  get uploadedFor(): number {
    return this.#all.reduce((total, attempt) => total + attempt.uploadedFor, 0);
  }

  failed(failure: FailedAttempt): void {
    this.failures = [...this.failures, failure];
  }

  /** The one whose answer the caller gets. */
  get passing(): Attempt | undefined {
    return this.running.find(({ verdict }) => verdict === "pass");
  }

  /** Whether one of them was by what this source gave. */
  had(source: SourceName): boolean {
    return this.#all.some((attempt) => attempt.source === source);
  }

  /** Whether its list has an endpoint that this request was not sent to yet, and that is ours to choose. */
  hasOther({ isProxied, balancer }: Attempt): boolean {
    return !isProxied && balancer.hasOther(this.tried);
  }

  /** Sets the answer of this one aside. */
  hold(attempt: Attempt): void {
    this.held = attempt;
  }

  /** The held one is the answer after all. */
  restore(attempt: Attempt): void {
    if (this.held === attempt) this.held = undefined;
  }

  /**
   * Nobody needs this attempt any more; where it has not begun, it ends when it gets a connection.
   * @param reason what its request was given up by, where it was
   */
  drop(attempt: Attempt, reason?: unknown): void {
    if (this.held === attempt) this.held = undefined;
    attempt.end(reason);
  }

  /** Goes without this one's answer, which another may better. */
  forgo(attempt: Attempt, status: number): void {
    this.failed(attempt.failure(new Error(`HTTP ${status}`)));
    this.drop(attempt);
    attempt.discard();
  }

  /** Those that began before this one, and have no connection yet where it has one. */
  outrunBy(attempt: Attempt): readonly Attempt[] {
    if (!attempt.before) return none;
    const all = this.#all;
    return all.slice(0, all.indexOf(attempt)).filter(({ phase }) => phase === "connecting");
  }

  /** One of them has a connection: nobody waits for another one, nor for the answer that was held. */
  dropRivals(): void {
    if (!this.#hasSeveral) return;
    for (const other of this.running) if (other.phase === "connecting") this.drop(other);
    if (this.held) this.#cut(this.held, new Error("another attempt is sending"));
  }

  /** Nobody needs the others, and their connections are not worth waiting for. */
  cutOthers(attempt: Attempt): void {
    if (!this.#hasSeveral) return;
    for (const other of this.#all)
      if (other !== attempt) this.#cut(other, new Error("another attempt was faster"));
  }

  /** Their request is given up. */
  cutAll(reason: unknown): void {
    for (const attempt of this.#all) this.#cut(attempt, reason, reason);
  }

  #cut(attempt: Attempt, error: unknown, reason?: unknown): void {
    if (attempt.phase === "over") return;
    this.drop(attempt, reason);
    attempt.abort(error);
  }

  get #hasSeveral(): boolean {
    return this.newest?.before !== undefined;
  }

  get #all(): Attempt[] {
    const all: Attempt[] = [];
    for (let attempt = this.newest; attempt; attempt = attempt.before) all.push(attempt);
    return all.reverse();
  }
}

const none: readonly never[] = [];
