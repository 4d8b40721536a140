/** Endings: what is to be done at the end. The last thing begun ends first, and each ends once. */
export class Endings {
  readonly #all: (() => void | Promise<void>)[] = [];
  #run: Promise<void> | undefined;

  get isOver(): boolean {
    return this.#run !== undefined;
  }

  add(ending: () => void | Promise<void>): void {
    this.#all.push(ending);
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
