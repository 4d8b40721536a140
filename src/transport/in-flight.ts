/** InFlight: what is under way, so that closing can wait for it and destroying can abort it. */
export class InFlight {
  readonly #aborts = new Map<object, ((reason: unknown) => void) | undefined>();
  #onIdle: (() => void) | undefined;
  #reason: unknown;

  start(work: object): void {
    this.#aborts.set(work, undefined);
  }

  /** How to abort this work, known from now on. */
  onAbort(work: object, abort: (reason: unknown) => void): void {
    if (this.#reason !== undefined) return abort(this.#reason);
    this.#aborts.set(work, abort);
  }

  end(work: object): void {
    this.#aborts.delete(work);
    if (this.#aborts.size === 0) this.#onIdle?.();
  }

  /** Done when nothing is under way any more. */
  idle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#aborts.size === 0) resolve();
    else this.#onIdle = resolve;
    return promise;
  }

  /** Aborts all work, what has not started to send yet as soon as it does. */
  abort(reason: unknown): void {
    this.#reason = reason;
    for (const abort of [...this.#aborts.values()]) abort?.(reason);
  }
}
