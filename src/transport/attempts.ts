import type { Candidate } from "../balance/candidate.ts";
import type { FailedAttempt } from "../ground/errors.ts";
import type { Attempt } from "./attempt.ts";

/** Attempts: those of one request: which are under way, and what became of the others. */
export class Attempts {
  /** Those that the request may still come to its answer by; nearly always one. */
  running: readonly Attempt[] = none;
  /** Where the request was sent, or was to be sent. */
  tried: readonly Candidate[] = none;
  failures: readonly FailedAttempt[] = none;
  /** The one whose answer is kept back until it is known whether another source has a better one. */
  held: Attempt | undefined;

  start(attempt: Attempt): void {
    this.tried = [...this.tried, attempt.candidate];
    this.running = [...this.running, attempt];
  }

  failed(failure: FailedAttempt): void {
    this.failures = [...this.failures, failure];
  }

  /** The one whose answer the caller gets. */
  get passing(): Attempt | undefined {
    return this.running.find(({ verdict }) => verdict === "pass");
  }

  /** Whether its list has an endpoint that this request was not sent to yet, and that is ours to choose. */
  hasOther({ isProxied, errand }: Attempt): boolean {
    return !isProxied && errand.balancer.hasOther(this.tried);
  }

  /** Sets the answer of this one aside. */
  hold(attempt: Attempt): void {
    this.#remove(attempt);
    this.held = attempt;
  }

  /** The held one is the answer after all. */
  restore(attempt: Attempt): void {
    if (this.held !== attempt) return;
    this.held = undefined;
    this.running = [...this.running, attempt];
  }

  /** Nobody needs this attempt any more; where it has not begun, it ends when it gets a connection. */
  drop(attempt: Attempt): void {
    this.#remove(attempt);
    attempt.end();
  }

  /** Goes without this one's answer, which another may better. */
  forgo(attempt: Attempt, status: number): void {
    this.failed(attempt.failure(new Error(`HTTP ${status}`)));
    this.drop(attempt);
  }

  /** One of them has a connection: nobody waits for another one, nor for the answer that was held. */
  dropRivals(): void {
    if (this.running.length > 1)
      for (const other of this.running) if (other.phase === "connecting") this.drop(other);
    if (this.held) this.#cut(this.held, new Error("another attempt is sending"));
  }

  /** Nobody needs the others, and their connections are not worth waiting for. */
  cutOthers(attempt: Attempt): void {
    if (this.running.length > 1 || this.held)
      this.#cutAllBut(attempt, new Error("another attempt was faster"));
  }

  cutAll(reason: unknown): void {
    this.#cutAllBut(undefined, reason);
  }

  #cutAllBut(attempt: Attempt | undefined, reason: unknown): void {
    const all = this.held ? [...this.running, this.held] : this.running;
    for (const other of all) if (other !== attempt) this.#cut(other, reason);
  }

  #cut(attempt: Attempt, reason: unknown): void {
    this.drop(attempt);
    attempt.abort(reason);
  }

  #remove(attempt: Attempt): void {
    if (this.running.includes(attempt)) {
      this.running = this.running.length === 1 ? none : this.running.filter((other) => other !== attempt);
    }
    if (this.held === attempt) this.held = undefined;
  }
}

const none: readonly never[] = [];
