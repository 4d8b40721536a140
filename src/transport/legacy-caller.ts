import type { Attempt, Reins } from "./attempt.ts";
import { AttemptHandler } from "./attempt-handler.ts";
import type { AttemptEvents, Caller } from "./caller.ts";
import type { Handler, LegacyHandler } from "./dispatch.ts";

/** LegacyCaller: a caller with a handler as undici up to 7 has them, such as the fetch of Node 22 and 24. */
export class LegacyCaller implements Caller {
  readonly #handler: LegacyHandler;
  #reins: Reins | undefined;

  constructor(handler: LegacyHandler) {
    this.#handler = handler;
  }

  start(reins: Reins): void {
    this.#reins = reins;
    this.#handler.onConnect?.((reason) => this.#reins?.abort(reason));
  }

  end(): void {
    this.#reins = undefined;
  }

  fail(error: unknown): void {
    this.#handler.onError(error);
  }

  attempt(attempt: Attempt, events: AttemptEvents): Handler {
    return new LegacyAttempt(this.#handler, attempt, events);
  }
}

class LegacyAttempt extends AttemptHandler<LegacyHandler> implements LegacyHandler {
  onConnect(abort: (reason?: unknown) => void): void {
    this.events.begun(this.attempt, { abort });
  }

  onHeaders(status: number, headers: unknown, resume: () => void, statusText?: string): boolean | undefined {
    const verdict = this.events.answered(this.attempt, status, headers);
    if (verdict === "pass") return this.handler.onHeaders?.(status, headers, resume, statusText);
    if (verdict === "hold")
      this.attempt.hold(() => this.handler.onHeaders?.(status, headers, resume, statusText));
    return true;
  }

  onData(chunk: Buffer): boolean | undefined {
    switch (this.attempt.verdict) {
      case "pass":
        return this.handler.onData?.(chunk);
      case "drop":
        this.attempt.drain(chunk.length);
        return true;
      case "hold":
        this.hold(() => this.handler.onData?.(chunk), chunk);
        return true;
    }
  }

  onComplete(trailers: unknown): void {
    switch (this.attempt.verdict) {
      case "pass":
        return this.end(trailers);
      case "drop":
        return this.events.completed(this.attempt);
      case "hold":
        return this.hold(() => this.end(trailers));
    }
  }

  onError(error: unknown): void {
    this.events.failed(this.attempt, error);
  }

  onUpgrade(status: number, headers: unknown, socket: unknown): void {
    if (!this.events.upgraded(this.attempt, status)) return;
    this.handler.onUpgrade?.(status, headers, socket);
  }

  protected tellEnd(trailers: unknown): void {
    this.handler.onComplete?.(trailers);
  }

  protected tellError(error: unknown): void {
    this.handler.onError(error);
  }
}
