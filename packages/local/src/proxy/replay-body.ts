import type { ClientRequest, IncomingMessage } from "node:http";

/**
 * A request body that can be sent again as long as it is small. It streams to the attempt under way and keeps a
 * copy of at most `limit` bytes; beyond that the copy is dropped and the request can be tried no more.
 */
export class ReplayBody {
  readonly #source: IncomingMessage;
  readonly #limit: number;
  #kept: Buffer[] | undefined = [];
  #size = 0;
  #isComplete = false;
  #sink: ClientRequest | undefined;

  constructor(source: IncomingMessage, limit: number) {
    this.#source = source;
    this.#limit = limit;
    source.pause();
    source.on("data", (chunk: Buffer) => this.#take(chunk));
    source.on("end", () => {
      this.#isComplete = true;
      this.#sink?.end();
    });
    source.pause();
  }

  /** Whether another attempt could send the whole body. */
  get canReplay(): boolean {
    return this.#kept !== undefined;
  }

  /** Whether all of it has come. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Sends what came so far to this attempt, and what comes from now on. */
  sendTo(sink: ClientRequest): void {
    this.#sink = sink;
    for (const chunk of this.#kept ?? []) sink.write(chunk);
    if (this.#isComplete) sink.end();
    else this.#source.resume();
  }

  /** The attempt has ended; what arrives waits for the next one. */
  detach(): void {
    this.#sink = undefined;
    this.#source.pause();
  }

  #take(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#limit) this.#kept = undefined;
    this.#kept?.push(chunk);
    const sink = this.#sink;
    if (!sink || sink.write(chunk)) return;
    this.#source.pause();
    sink.once("drain", () => {
      if (this.#sink === sink) this.#source.resume();
    });
  }
}
