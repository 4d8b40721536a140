import { defaults } from "../ground/defaults.ts";

/**
 * ReplayBody: a request body that arrives in pieces, kept so that another attempt can send it again. What is longer
 * than `defaults.replayMost` is sent once: its beginning is forgotten as it goes.
 *
 * Each attempt reads by a view of its own. Only one of them sends at a time, but a view that was given up may still
 * wait for a piece, so pieces are pulled for all of them together.
 */
export class ReplayBody {
  readonly #source: AsyncIterator<Uint8Array | string>;
  readonly #pieces: (Uint8Array | string)[] = [];
  /** How many pieces are forgotten. */
  #gone = 0;
  #size = 0;
  #hasEnded = false;
  #error: unknown;
  #pulling: Promise<void> | undefined;

  constructor(source: AsyncIterable<Uint8Array | string>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Whether another attempt could send all of it. False once the source itself has failed. */
  get canReplay(): boolean {
    return this.#size <= defaults.replayMost && this.#error === undefined;
  }

  /** The body from its beginning, for one attempt. */
  async *view(): AsyncGenerator<Uint8Array | string, void> {
    for (let at = 0; ; at++) {
      while (at - this.#gone >= this.#pieces.length) {
        if (this.#error !== undefined) throw this.#error;
        if (this.#hasEnded) return;
        await this.#pull();
      }
      const piece = this.#pieces[at - this.#gone]!;
      this.#forget(at);
      yield piece;
    }
  }

  /** Nobody reads on: tells the source, so that it can free what it holds. */
  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#source.return?.().catch(() => {});
  }

  #pull(): Promise<void> {
    this.#pulling ??= this.#take().finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  async #take(): Promise<void> {
    try {
      const { done, value } = await this.#source.next();
      if (done) {
        this.#hasEnded = true;
        return;
      }
      this.#pieces.push(value);
      this.#size += value.length;
    } catch (error) {
      this.#error = error ?? new Error("the request's body failed");
    }
  }

  #forget(at: number): void {
    if (this.canReplay) return;
    this.#pieces.splice(0, at - this.#gone + 1);
    this.#gone = at + 1;
  }
}

/** A body in pieces, as a ReplayBody; undefined for one that is sent again as it is: text, bytes, a Blob, or none. */
export function replayBody(body: unknown): ReplayBody | undefined {
  if (typeof body !== "object" || body === null || ArrayBuffer.isView(body)) return undefined;
  const source = body as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown };
  if (typeof source[Symbol.asyncIterator] === "function") {
    return new ReplayBody(body as AsyncIterable<Uint8Array | string>);
  }
  return undefined;
}
