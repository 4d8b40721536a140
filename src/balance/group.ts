import type { Candidate } from "./candidate.ts";
import { Draw } from "./draw.ts";
import { ramp } from "./slow-start.ts";

/** Group: the candidates that one pick is made from, and how to draw one of them by weight. */
export class Group {
  readonly candidates: readonly Candidate[];
  readonly #draw: Draw | undefined;
  /** When the newest of them appeared. */
  readonly #since: number;

  constructor(candidates: readonly Candidate[]) {
    this.candidates = candidates;
    this.#since = candidates.reduce((newest, { since }) => Math.max(newest, since), Number.NEGATIVE_INFINITY);
    const weights = candidates.map(({ weight }) => weight);
    if (weights.some((weight) => weight !== weights[0])) this.#draw = new Draw(weights);
  }

  /**
   * The index of one of them, in proportion to the shares. New endpoints are passed over as often as they still
   * start slowly; after a few draws the last one stands, since all of them may be new.
   */
  draw(random: () => number, now: number): number {
    let index = this.#byWeight(random);
    for (let more = 7; more > 0; more--) {
      const part = this.candidates[index]!.ramp(now);
      if (part === 1 || random() < part) break;
      index = this.#byWeight(random);
    }
    return index;
  }

  /** The part of their weights that they can bear together, since some may still start slowly. */
  ramp(now: number): number {
    if (ramp(now - this.#since) === 1) return 1;
    const sum = (of: (one: Candidate) => number) =>
      this.candidates.reduce((total, one) => total + of(one), 0);
    return sum((one) => one.share(now)) / sum(({ weight }) => weight);
  }

  #byWeight(random: () => number): number {
    return this.#draw ? this.#draw.at(random) : Math.floor(random() * this.candidates.length);
  }
}
