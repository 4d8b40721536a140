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

  /** Keeps a part of the answer back. @param chunk what it adds to the text; undefined for its end */
  protected hold(part: () => void, chunk?: Buffer): void {
    const text = this.attempt.hold(part, chunk?.toString("latin1"));
    this.events.replied(this.attempt, text, chunk === undefined);
  }
}
