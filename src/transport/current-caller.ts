import type { Attempt } from "./attempt.ts";
import { AttemptHandler } from "./attempt-handler.ts";
import type { AttemptEvents, Caller } from "./caller.ts";
import type { Controller, CurrentHandler, Handler } from "./dispatch.ts";

/** CurrentCaller: a caller with a handler as undici from 8 on has them, such as the fetch of Node 26. */
export class CurrentCaller implements Caller {
  readonly #handler: CurrentHandler;
  #reins = new Reins(() => {});

  constructor(handler: CurrentHandler) {
    this.#handler = handler;
  }

  start(abort: (reason: unknown) => void): void {
    this.#reins = new Reins(abort);
    this.#handler.onRequestStart(this.#reins);
  }

  fail(error: unknown): void {
    this.#handler.onResponseError?.(this.#reins, error);
  }

  attempt(attempt: Attempt, events: AttemptEvents): Handler {
    return new CurrentAttempt(this.#handler, this.#reins, attempt, events);
  }
}

/** Reins: what the caller holds: always of the attempt whose answer it gets. */
class Reins implements Controller {
  readonly #abort: (reason: unknown) => void;
  #of: Controller | undefined;
  paused = false;
  aborted = false;
  reason: unknown = null;

  constructor(abort: (reason: unknown) => void) {
    this.#abort = abort;
  }

  follow(controller: Controller): void {
    this.#of = controller;
    if (this.paused) controller.pause();
  }

  pause(): void {
    this.paused = true;
    this.#of?.pause();
  }

  resume(): void {
    this.paused = false;
    this.#of?.resume();
  }

  abort(reason?: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#abort(reason);
  }

  get rawHeaders(): unknown {
    return this.#of?.rawHeaders;
  }

  get rawTrailers(): unknown {
    return this.#of?.rawTrailers;
  }
}

class CurrentAttempt extends AttemptHandler<CurrentHandler> implements CurrentHandler {
  readonly #reins: Reins;

  constructor(handler: CurrentHandler, reins: Reins, attempt: Attempt, events: AttemptEvents) {
    super(handler, attempt, events);
    this.#reins = reins;
  }

  onRequestStart(controller: Controller): void {
    this.events.begun(this.attempt, (reason) => controller.abort(reason));
  }

  onResponseStart(controller: Controller, status: number, headers: unknown, statusText?: string): void {
    const verdict = this.events.answered(this.attempt, status, headers);
    const pass = () => {
      this.#reins.follow(controller);
      this.handler.onResponseStart?.(this.#reins, status, headers, statusText);
    };
    if (verdict === "pass") return pass();
    if (verdict === "hold") this.attempt.hold(pass);
    // Its reins were the caller's, where an informational answer came before.
    if (controller.paused) controller.resume();
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    switch (this.attempt.verdict) {
      case "pass":
        return this.handler.onResponseData?.(this.#reins, chunk);
      case "drop":
        return this.attempt.drain(chunk.length);
      case "hold":
        return this.hold(() => this.handler.onResponseData?.(this.#reins, chunk), chunk);
    }
  }

  onResponseEnd(_controller: Controller, trailers: unknown): void {
    const complete = () => {
      this.events.completed(this.attempt);
      // undici's own retry handler asks for another try by throwing here, and dispatchers take that for an error.
      try {
        this.handler.onResponseEnd?.(this.#reins, trailers);
      } catch (error) {
        this.handler.onResponseError?.(this.#reins, error);
      }
    };
    switch (this.attempt.verdict) {
      case "pass":
        return complete();
      case "drop":
        return this.events.completed(this.attempt);
      case "hold":
        return this.hold(complete);
    }
  }

  onResponseError(_controller: Controller | undefined, error: unknown): void {
    this.events.failed(this.attempt, error);
  }

  onRequestUpgrade(controller: Controller, status: number, headers: unknown, socket: unknown): void {
    if (!this.events.upgraded(this.attempt, status)) return;
    this.#reins.follow(controller);
    this.handler.onRequestUpgrade?.(this.#reins, status, headers, socket);
  }
}
