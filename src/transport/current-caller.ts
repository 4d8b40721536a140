import type { Attempt, Reins } from "./attempt.ts";
import { AttemptHandler } from "./attempt-handler.ts";
import type { AttemptEvents, Caller } from "./caller.ts";
import type { Controller, CurrentHandler, Handler } from "./dispatch.ts";

/**
 * CurrentCaller: a caller with a handler as undici from 7 on takes them, such as the fetch of Node 26. It is the controller
 * that the handler holds, and leads to the attempt whose answer the handler gets.
 */
export class CurrentCaller implements Caller, Controller {
  readonly #handler: CurrentHandler;
  #reins: Reins | undefined;
  #followed: Controller | undefined;
  paused = false;
  aborted = false;
  reason: unknown = null;

  constructor(handler: CurrentHandler) {
    this.#handler = handler;
  }

  start(reins: Reins): void {
    this.#reins = reins;
    this.#handler.onRequestStart(this);
  }

  end(): void {
    this.#reins = undefined;
  }

  fail(error: unknown): void {
    this.#handler.onResponseError?.(this, error);
  }

  attempt(attempt: Attempt, events: AttemptEvents): Handler {
    return new CurrentAttempt(this.#handler, this, attempt, events);
  }

  follow(controller: Controller): void {
    this.#followed = controller;
    if (this.paused) controller.pause();
  }

  pause(): void {
    this.paused = true;
    this.#followed?.pause();
  }

  resume(): void {
    this.paused = false;
    this.#followed?.resume();
  }

  abort(reason?: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#reins?.abort(reason);
  }

  get rawHeaders(): unknown {
    return this.#followed?.rawHeaders;
  }

  get rawTrailers(): unknown {
    return this.#followed?.rawTrailers;
  }
}

class CurrentAttempt extends AttemptHandler<CurrentHandler> implements CurrentHandler {
  readonly #caller: CurrentCaller;

  constructor(handler: CurrentHandler, caller: CurrentCaller, attempt: Attempt, events: AttemptEvents) {
    super(handler, attempt, events);
    this.#caller = caller;
  }

  onRequestStart(controller: Controller): void {
    this.events.begun(this.attempt, controller);
  }

  onResponseStart(controller: Controller, status: number, headers: unknown, statusText?: string): void {
    const verdict = this.events.answered(this.attempt, status, headers);
    if (verdict === "pass") return this.#start(controller, status, headers, statusText);
    if (verdict === "hold") this.attempt.hold(() => this.#start(controller, status, headers, statusText));
    // The caller held it, where an informational answer came before.
    if (controller.paused) controller.resume();
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    switch (this.attempt.verdict) {
      case "pass":
        return this.handler.onResponseData?.(this.#caller, chunk);
      case "drop":
        return this.attempt.drain(chunk.length);
      case "hold":
        return this.hold(() => this.handler.onResponseData?.(this.#caller, chunk), chunk);
    }
  }

  onResponseEnd(_controller: Controller, trailers: unknown): void {
    switch (this.attempt.verdict) {
      case "pass":
        return this.end(trailers);
      case "drop":
        return this.events.completed(this.attempt);
      case "hold":
        return this.hold(() => this.end(trailers));
    }
  }

  onResponseError(_controller: Controller | undefined, error: unknown): void {
    this.events.failed(this.attempt, error);
  }

  onRequestUpgrade(controller: Controller, status: number, headers: unknown, socket: unknown): void {
    if (!this.events.upgraded(this.attempt, status)) return;
    this.#caller.follow(controller);
    this.handler.onRequestUpgrade?.(this.#caller, status, headers, socket);
  }

  #start(controller: Controller, status: number, headers: unknown, statusText: string | undefined): void {
    this.#caller.follow(controller);
    this.handler.onResponseStart?.(this.#caller, status, headers, statusText);
  }

  protected tellEnd(trailers: unknown): void {
    this.handler.onResponseEnd?.(this.#caller, trailers);
  }

  protected tellError(error: unknown): void {
    this.handler.onResponseError?.(this.#caller, error);
  }
}
