/**
 * Restartable: what is opened and closed again and again. However the calls overlap, the last one holds in the end:
 * whoever opens waits for the closing before it, and whoever closes for the opening.
 */
export class Restartable<Opened extends { close(): Promise<void> }> {
  readonly #begin: () => Promise<Opened>;
  #opening: Promise<Opened> | undefined;
  #closing: Promise<void> = Promise.resolve();

  constructor(begin: () => Promise<Opened>) {
    this.#begin = begin;
  }

  /** Whether it is open, or about to be. */
  get isOpen(): boolean {
    return this.#opening !== undefined;
  }

  /** Begins, unless somebody has; after a failure the next call begins anew. */
  open(): Promise<Opened> {
    if (this.#opening) return this.#opening;
    const opening = this.#closing.then(this.#begin);
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening) {
      this.#closing = opening.then(
        (opened) => opened.close(),
        () => {},
      );
    }
    return this.#closing;
  }
}
