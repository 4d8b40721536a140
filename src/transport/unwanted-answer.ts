import type { Clock } from "../ground/clock.ts";

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
    this.#cancel = clock.after(longest, cut);
  }

  /** More of it has come. */
  read(bytes: number): void {
    this.#size += bytes;
    if (this.#size > most) this.#cut();
  }

  end(): void {
    this.#cancel();
  }
}

/** In bytes. */
const most = 65_536;
/** In milliseconds. */
const longest = 1_000;
