import { defaults } from "../ground/defaults.ts";

/** UsualLatency: what an answer of the service usually takes, whichever endpoint gives it. */
export class UsualLatency {
  ms: number = defaults.latencyFirst;
  #answers = 0;

  /** The mean of the first fifty answers; from then on each new one counts as a fiftieth. */
  observe(ms: number): void {
    if (this.#answers < 50) this.#answers++;
    this.ms += (ms - this.ms) / this.#answers;
  }
}

/**
 * Latency: how long an endpoint's answers take, as a peak-sensitive moving average (Finagle's peak-EWMA): one slow
 * answer raises it at once, faster ones bring it down bit by bit.
 *
 * What differs from Finagle's:
 * - A faster answer counts for a tenth at least, however soon it comes: a moment in which this process stood still, by
 *   which every endpoint seemed slow, is forgotten after some twenty answers.
 * - An endpoint that is not asked drifts to the service's usual latency, not to nothing: after an idle hour all look
 *   alike, and a burst spreads. What was seen a moment ago holds; what is old fades ever faster.
 * - A failure is not an answer but a penalty beside it, which fades, and which the next answer lifts: if one in a hundred
 *   calls fails at random everywhere, no endpoint is shunned for long.
 */
export class Latency {
  readonly #usual: UsualLatency;
  /** Undefined until the first answer: as usual, then. */
  #ms: number | undefined;
  #penalty = 0;
  #stamp: number;

  constructor(usual: UsualLatency, now: number) {
    this.#usual = usual;
    this.#stamp = now;
  }

  /** What the next answer is expected to take, penalty included. */
  at(now: number): number {
    const usual = this.#usual.ms;
    return usual + ((this.#ms ?? usual) - usual + this.#penalty) * this.#fading(now);
  }

  /** What an answer usually takes, plus what is left of the last failure's penalty. */
  usualAt(now: number): number {
    return this.#usual.ms + (this.#penalty === 0 ? 0 : this.#penalty * this.#fading(now));
  }

  answered(ms: number, now: number): void {
    this.#take(ms, now);
    this.#usual.observe(ms);
  }

  /**
   * An answer without the work, such as a 500: it may be quick, which is no reason to ask for more of them. It counts as
   * one that took twice as long as usual.
   */
  refused(ms: number, now: number): void {
    this.#take(Math.max(ms, 2 * this.#usual.ms), now);
  }

  /** There was no answer for `ms` milliseconds, and nobody waits for it any longer. */
  tookMoreThan(ms: number, now: number): void {
    if (ms <= this.at(now)) return;
    this.#penalty = 0;
    this.#ms = ms;
    this.#stamp = now;
  }

  /** @param ms how long it took to fail: a time-out of more than the penalty counts in full. */
  failed(ms: number, now: number): void {
    this.#penalty = 0;
    if (this.#ms !== undefined) this.#ms = this.at(now);
    this.#penalty = Math.max(defaults.failurePenalty, ms);
    this.#stamp = now;
  }

  #take(ms: number, now: number): void {
    this.#penalty = 0;
    const isPeak = this.#ms === undefined || ms > this.at(now);
    const rest = Math.min(this.#fading(now), 1 - defaults.latencyShare);
    this.#ms = isPeak ? ms : this.#ms! * rest + ms * (1 - rest);
    this.#stamp = now;
  }

  #fading(now: number): number {
    const age = Math.max(0, now - this.#stamp) / defaults.latencyDecay;
    return Math.exp(-age * age);
  }
}
