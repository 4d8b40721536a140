/** InFlight: what is under way, so that closing can wait for it and destroying can abort it. */
export class InFlight {
  readonly #aborts = new Map<object, ((reason: unknown) => void) | undefined>();
  #idle: PromiseWithResolvers<void> | undefined;
  #reason: unknown;

  /** @param abort ends this work as long as nothing is known that does it better. */
  start(work: object, abort?: (reason: unknown) => void): void {
    this.#aborts.set(work, abort);
  }

  /** How to abort this work, known from now on. */
  onAbort(work: object, abort: (reason: unknown) => void): void {
    if (this.#reason !== undefined) return abort(this.#reason);
    this.#aborts.set(work, abort);
  }

  end(work: object): void {
    this.#aborts.delete(work);
    if (this.#aborts.size > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Done when nothing is under way any more. */
  idle(): Promise<void> {
    if (this.#aborts.size === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  /** Aborts all work, also what is yet to start. */
  abort(reason: unknown): void {
    this.#reason = reason;
    for (const abort of [...this.#aborts.values()]) abort?.(reason);
  }
}
