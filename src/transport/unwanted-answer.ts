import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";

/**
 * UnwantedAnswer: an answer that nobody is to have. It is read to its end, so that its connection can be used again, unless
 * it is long or takes long.
 */
export class UnwantedAnswer {
  readonly #cut: () => void;
  readonly #cancel: () => void;
  #size = 0;

  constructor(clock: Clock, cut: () => void) {
    this.#cut = cut;
    this.#cancel = clock.after(defaults.unwantedFor, cut);
  }

  /** More of it has come. */
  read(bytes: number): void {
    this.#size += bytes;
    if (this.#size > defaults.unwantedMost) this.#cut();
  }

  end(): void {
    this.#cancel();
  }
}
