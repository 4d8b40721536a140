/** A piece of work that may be under way. */
export interface Work {
  /** Where it stands among the others; `notUnderWay` before it begins and once it has ended. */
  at: number;
  destroy(reason: unknown): void;
}

export const notUnderWay = -1;

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

  /** Work that nobody knows how to destroy yet. */
  start(): Work {
    const work = { at: notUnderWay, destroy: nothing };
    this.begin(work);
    return work;
  }

  /** How to destroy this work, known from now on; done at once where everything was destroyed before. */
  onDestroy(work: Work, destroy: (reason: unknown) => void): void {
    work.destroy = destroy;
    if (this.#reason !== undefined) destroy(this.#reason);
  }

  /** Work that comes with its own way to be destroyed, which is done at once where everything was destroyed before. */
  begin(work: Work): void {
    work.at = this.#works.length;
    this.#works.push(work);
    if (this.#reason !== undefined) work.destroy(this.#reason);
  }

  end(work: Work): void {
    const { at } = work;
    if (at === notUnderWay) return;
    const last = this.#works.pop()!;
    if (last !== work) {
      last.at = at;
      this.#works[at] = last;
    }
    work.at = notUnderWay;
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

  /** Destroys all work, also what is yet to start. */
  destroy(reason: unknown): void {
    this.#reason = reason;
    for (const work of [...this.#works]) work.destroy(reason);
  }
}

function nothing(): void {}
