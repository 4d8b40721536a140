import { defaults } from "../ground/defaults.ts";
import type { Candidate } from "./candidate.ts";

/**
 * Outliers: leaves an endpoint out for a while when it keeps failing (Envoy's consecutive failures), never more than
 * half of them, and never the last.
 *
 * When fewer than half are well, all are used (Envoy's panic): then the fault is likelier in what they share. Those
 * that fail but cannot be ejected any more count as unwell too, or the rule would never come into play with two or
 * three endpoints.
 *
 * An ejection ends with a trial: one attempt goes there, and its outcome decides. No timers; time comes in with each
 * call and must be steady (see SteadyTime).
 */
export class Outliers {
  #all: readonly Candidate[] = [];
  #active: readonly Candidate[] = [];
  #panic = false;
  /** When the next trial is due. */
  #nextTrial = Number.POSITIVE_INFINITY;

  /** Those to pick from. A new array whenever it changes, and only then. */
  get active(): readonly Candidate[] {
    return this.#active;
  }

  /** All are used, because fewer than half are well. */
  get panic(): boolean {
    return this.#panic;
  }

  get ejected(): readonly Candidate[] {
    return this.#all.filter((candidate) => candidate.ejected);
  }

  follow(candidates: readonly Candidate[]): void {
    this.#all = candidates;
    this.#settle();
  }

  /** The endpoint whose trial is due, if there is one: it is for the very next attempt. */
  trial(now: number): Candidate | undefined {
    if (now < this.#nextTrial || this.#panic) return undefined;
    const due = this.#all.find(({ ejection }) => ejection.state !== "none" && ejection.until <= now);
    if (due) {
      due.ejection.state = "trial";
      // Should its outcome never be told, another trial takes place.
      due.ejection.until = now + defaults.ejectFor;
    }
    this.#nextTrial = this.#earliest();
    return due;
  }

  answered(candidate: Candidate, now: number): void {
    const wasUnwell = isUnwell(candidate);
    candidate.failures = 0;
    if (!wasUnwell) return;
    const { ejection } = candidate;
    // While it is out, a late answer to an old request says nothing; in a panic it is in use.
    if (ejection.state === "trial" || (this.#panic && ejection.state === "out")) {
      ejection.state = "none";
      ejection.endedAt = now;
    }
    this.#settle();
  }

  failed(candidate: Candidate, now: number): void {
    candidate.failures++;
    if (candidate.ejection.state === "trial") this.#eject(candidate, now);
    else if (!candidate.ejected && candidate.failures % defaults.ejectAfter === 0)
      this.#judge(candidate, now);
  }

  /** The attempt ended, whether or not its outcome was told: a trial without one is held anew. */
  ended(candidate: Candidate): void {
    if (candidate.ejection.state !== "trial" || candidate.inFlight > 0) return;
    candidate.ejection.state = "out";
    candidate.ejection.until = Number.NEGATIVE_INFINITY;
    this.#nextTrial = Number.NEGATIVE_INFINITY;
  }

  #judge(candidate: Candidate, now: number): void {
    const room = Math.floor(this.#all.length * defaults.ejectShare);
    if (this.#all.includes(candidate) && this.ejected.length < room) this.#eject(candidate, now);
    else this.#settle();
  }

  #eject(candidate: Candidate, now: number): void {
    const { ejection } = candidate;
    const forgiven = Math.floor((now - ejection.endedAt) / defaults.ejectForget);
    const before = ejection.state === "none" ? Math.max(0, ejection.times - forgiven) : ejection.times;
    ejection.times = before + 1;
    ejection.state = "out";
    ejection.until = now + Math.min(defaults.ejectMost, defaults.ejectFor * ejection.times);
    this.#settle();
  }

  #settle(): void {
    const unwell = this.#all.filter(isUnwell).length;
    this.#panic = this.#all.length - unwell < this.#all.length * (1 - defaults.ejectShare);
    const active = this.#panic ? this.#all : this.#all.filter((candidate) => !candidate.ejected);
    if (!sameOnes(active, this.#active)) this.#active = active;
    this.#nextTrial = this.#earliest();
  }

  #earliest(): number {
    return this.ejected.reduce(
      (least, { ejection }) => Math.min(least, ejection.until),
      Number.POSITIVE_INFINITY,
    );
  }
}

function isUnwell({ ejected, failures }: Candidate): boolean {
  return ejected || failures >= defaults.ejectAfter;
}

function sameOnes(a: readonly Candidate[], b: readonly Candidate[]): boolean {
  return a.length === b.length && a.every((candidate, index) => candidate === b[index]);
}
