/** Endings: what is to be done at the end. The last thing begun ends first, and each ends once. */
export class Endings {
  readonly #all: (() => void | Promise<void>)[] = [];
  #run: Promise<void> | undefined;

  add(ending: () => void | Promise<void>): void {
    this.#all.push(ending);
  }

  /** @throws where the end has begun. `what` is what somebody wants to begin. */
  checkOpen(what: string): void {
    if (this.#run) throw new Error(`${what}: this Local is closed; start another one`);
  }

  /** Resolves when everything has ended, for whoever calls it and however often. */
  run(): Promise<void> {
    this.#run ??= this.#runAll();
    return this.#run;
  }

  async #runAll(): Promise<void> {
    for (const ending of this.#all.toReversed()) await ending();
  }
}
