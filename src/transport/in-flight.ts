/** A piece of work that is under way. */
export interface Work {
  /** Where it stands among the others; -1 once it has ended. */
  at: number;
  abort(reason: unknown): void;
}

/**
 * InFlight: what is under way, so that closing can wait for it and destroying can abort it.
 *
 * A list, in which the last one takes the place of one that ends, and no Map or Set: when many come and go, V8 makes
 * those a new table every so often, to which the old one points. Once one of them has grown old, all that was ever under
 * way is kept until the next full collection.
 */
export class InFlight {
  readonly #works: Work[] = [];
  #idle: PromiseWithResolvers<void> | undefined;
  #reason: unknown;

  start(): Work {
    const work = { at: this.#works.length, abort: nothing };
    this.#works.push(work);
    return work;
  }

  /** How to abort this work, known from now on; done at once where everything was aborted before. */
  onAbort(work: Work, abort: (reason: unknown) => void): void {
    work.abort = abort;
    if (this.#reason !== undefined) abort(this.#reason);
  }

  end(work: Work): void {
    const { at } = work;
    if (at < 0) return;
    const last = this.#works.pop()!;
    if (last !== work) {
      last.at = at;
      this.#works[at] = last;
    }
    work.at = -1;
    if (this.#works.length > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Done when nothing is under way any more. */
  idle(): Promise<void> {
    if (this.#works.length === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  /** Aborts all work, also what is yet to start. */
  abort(reason: unknown): void {
    this.#reason = reason;
    for (const work of [...this.#works]) work.abort(reason);
  }
}

function nothing(): void {}
