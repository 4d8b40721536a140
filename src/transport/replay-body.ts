import { defaults } from "../ground/defaults.ts";
import { ignoreErrors, isStream } from "./stream-body.ts";

type Piece = Uint8Array | string;
type Pieces = AsyncIterable<Piece> | Iterable<Piece>;

/**
 * ReplayBody: a request body that arrives in pieces, kept so that another attempt can send it again. What is longer
 * than `defaults.replayMost` is sent once: its beginning is forgotten as it goes.
 *
 * Each attempt reads by a view of its own. Only one of them sends at a time, but a view that was given up may still
 * wait for a piece, so pieces are pulled for all of them together. A view never ends before the body does: it fails,
 * lest a part of a body is taken for all of it.
 */
export class ReplayBody {
  readonly #whole: Pieces;
  readonly #source: AsyncIterator<Piece> | Iterator<Piece>;
  readonly #pieces: Piece[] = [];
  /** How many pieces are forgotten. */
  #gone = 0;
  #size = 0;
  #state: "open" | "ended" | "closed" = "open";
  #error: unknown;
  #pulling: Promise<void> | undefined;

  constructor(source: Pieces) {
    this.#whole = source;
    this.#source =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    ignoreErrors(source);
  }

  /** Whether another attempt could send all of it. False once the source itself has failed. */
  get canReplay(): boolean {
    return this.#size <= defaults.replayMost && this.#error === undefined;
  }

  /** What the source failed with. */
  get error(): unknown {
    return this.#error;
  }

  /** The body from its beginning, for one attempt. */
  async *view(): AsyncGenerator<Piece, void> {
    for (let at = 0; ; at++) {
      while (this.#isMissing(at)) {
        if (this.#state === "ended") return;
        await this.#pull();
      }
      const piece = this.#pieces[at - this.#gone]!;
      this.#forget(at);
      yield piece;
    }
  }

  /** Nobody reads on: tells the source, so that it can free what it holds. */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    if (isStream(this.#whole)) this.#whole.destroy();
    else void this.#stop();
  }

  /** @throws where this piece will never be there. */
  #isMissing(at: number): boolean {
    if (at < this.#gone) throw new Error("the beginning of the request's body is not there any more");
    if (at - this.#gone < this.#pieces.length) return false;
    if (this.#error !== undefined) throw this.#error;
    if (this.#state === "closed") throw new Error("the request has ended before its body");
    return true;
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
      if (this.#state !== "open") return;
      if (done) {
        this.#state = "ended";
        return;
      }
      // undici would only say so of the attempt, as if that were at fault.
      if (typeof value !== "string" && !ArrayBuffer.isView(value))
        throw new TypeError("a request's body has to be in strings or bytes");
      this.#pieces.push(value);
      this.#size += value.length;
    } catch (error) {
      if (this.#state === "open") this.#error = error ?? new Error("the request's body failed");
    }
  }

  async #stop(): Promise<void> {
    try {
      await this.#source.return?.();
    } catch {
      // Nobody is left to tell.
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
  if (typeof body !== "object" || body === null || ArrayBuffer.isView(body) || Array.isArray(body)) return;
  // A form is not sent by its entries.
  if ((body as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === "FormData") return;
  const source = body as Partial<AsyncIterable<Piece> & Iterable<Piece>>;
  const isInPieces = source[Symbol.asyncIterator] ?? source[Symbol.iterator];
  return typeof isInPieces === "function" ? new ReplayBody(body as Pieces) : undefined;
}
