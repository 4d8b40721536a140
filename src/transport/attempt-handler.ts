import type { Attempt } from "./attempt.ts";
import type { AttemptEvents } from "./caller.ts";
import type { Handler } from "./dispatch.ts";

/** AttemptHandler: what the handlers of one attempt have in common, whichever generation they are of. */
export abstract class AttemptHandler<Wrapped extends Handler> {
  protected readonly handler: Wrapped;
  protected readonly attempt: Attempt;
  protected readonly events: AttemptEvents;

  constructor(handler: Wrapped, attempt: Attempt, events: AttemptEvents) {
    this.handler = handler;
    this.attempt = attempt;
    this.events = events;
  }

  onBodySent(chunk: unknown): void {
    this.attempt.uploaded();
    if (this.attempt.phase !== "over") this.handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.attempt.isSent = true;
    if (this.attempt.phase !== "over") this.handler.onRequestSent?.();
  }

  onResponseStarted(): void {
    if (this.attempt.phase !== "over") this.handler.onResponseStarted?.();
  }

  /** Tells the caller that his answer is there to its end. */
  protected abstract tellEnd(trailers: unknown): void;

  protected abstract tellError(error: unknown): void;

  /** The caller has all of his answer. */
  protected end(trailers: unknown): void {
    this.events.completed(this.attempt);
    // undici's own retry handler asks for another try by throwing here, and dispatchers take that for an error.
    try {
      this.tellEnd(trailers);
    } catch (error) {
      this.tellError(error);
    }
  }

  /** Keeps a part of the answer back. @param chunk what it adds to the text; undefined for its end */
  protected hold(part: () => void, chunk?: Buffer): void {
    const text = this.attempt.hold(part, chunk?.toString("latin1"));
    this.events.replied(this.attempt, text, chunk === undefined);
  }
}
