import { defaults } from "../ground/defaults.ts";

/**
 * Budget: what caps retries to a share of the traffic, so that they cannot bring down a service that is struggling:
 * 20 % of the requests plus 10 a second, over the last 10 s (Finagle's RetryBudget). One per service; hedged attempts
 * take from the same one. Time comes in with each call, in milliseconds, and must be steady (see SteadyTime).
 */
export class Budget {
  /** Requests times the share, less the retries, second by second. */
  readonly #slices = new Float64Array(slices);
  #slice = 0;
  #balance = 0;

  /** A request is sent, for the first time. */
  request(now: number): void {
    this.#book(defaults.retryShare, now);
  }

  /** Takes one retry, if there is one left. */
  take(now: number): boolean {
    this.#book(0, now);
    if (this.#balance + reserve < 1 - rounding) return false;
    this.#book(-1, now);
    return true;
  }

  #book(amount: number, now: number): void {
    const slice = Math.floor(now / sliceLength);
    if (slice > this.#slice) this.#moveTo(slice);
    this.#slices[slice % slices]! += amount;
    this.#balance += amount;
  }

  #moveTo(slice: number): void {
    const passed = Math.min(slices, slice - this.#slice);
    for (let step = 1; step <= passed; step++) this.#slices[(this.#slice + step) % slices] = 0;
    this.#slice = slice;
    // Summed anew, lest rounding errors add up over months.
    this.#balance = this.#slices.reduce((sum, part) => sum + part, 0);
  }
}

const slices = 10;
const sliceLength = defaults.retryWindow / slices;
const reserve = (defaults.retriesPerSecond * defaults.retryWindow) / 1_000;
/** Five times 0.2 must be worth one retry. */
const rounding = 1e-6;
