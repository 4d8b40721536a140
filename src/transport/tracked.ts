import type { Attempt } from "./attempt.ts";
import {
  type Controller,
  type CurrentHandler,
  type Handler,
  isCurrent,
  type LegacyHandler,
} from "./dispatch.ts";
import type { InFlight } from "./in-flight.ts";

/**
 * Tracked: a handler that tells an attempt its outcome and otherwise is the one it wraps. Of the same generation as
 * that one, because a dispatcher treats a handler by the methods that it has.
 */
export function tracked(handler: Handler, attempt: Attempt, inFlight: InFlight): Handler {
  return isCurrent(handler)
    ? new TrackedCurrent(handler, attempt, inFlight)
    : new TrackedLegacy(handler, attempt, inFlight);
}

class TrackedLegacy implements LegacyHandler {
  readonly #handler: LegacyHandler;
  readonly #attempt: Attempt;
  readonly #inFlight: InFlight;

  constructor(handler: LegacyHandler, attempt: Attempt, inFlight: InFlight) {
    this.#handler = handler;
    this.#attempt = attempt;
    this.#inFlight = inFlight;
    inFlight.start(this);
  }

  onConnect(abort: (reason?: unknown) => void, context?: unknown): void {
    this.#inFlight.onAbort(this, abort);
    this.#handler.onConnect?.(abort, context);
  }

  onHeaders(status: number, headers: unknown, resume: () => void, statusText?: string): boolean | undefined {
    this.#attempt.answered(status);
    return this.#handler.onHeaders?.(status, headers, resume, statusText);
  }

  onData(chunk: Buffer): boolean | undefined {
    return this.#handler.onData?.(chunk);
  }

  onComplete(trailers: unknown): void {
    this.#inFlight.end(this);
    this.#handler.onComplete?.(trailers);
  }

  onError(error: unknown): void {
    this.#inFlight.end(this);
    this.#handler.onError(this.#attempt.failed(error));
  }

  onUpgrade(status: number, headers: unknown, socket: unknown): void {
    this.#inFlight.end(this);
    this.#attempt.answered(status);
    this.#handler.onUpgrade?.(status, headers, socket);
  }

  onBodySent(chunk: unknown): void {
    this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }
}

class TrackedCurrent implements CurrentHandler {
  readonly #handler: CurrentHandler;
  readonly #attempt: Attempt;
  readonly #inFlight: InFlight;

  constructor(handler: CurrentHandler, attempt: Attempt, inFlight: InFlight) {
    this.#handler = handler;
    this.#attempt = attempt;
    this.#inFlight = inFlight;
    inFlight.start(this);
  }

  onRequestStart(controller: Controller, context?: unknown): void {
    this.#inFlight.onAbort(this, (reason) => controller.abort(reason));
    this.#handler.onRequestStart(controller, context);
  }

  onResponseStart(controller: Controller, status: number, headers: unknown, statusText?: string): void {
    this.#attempt.answered(status);
    this.#handler.onResponseStart?.(controller, status, headers, statusText);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Controller, trailers: unknown): void {
    this.#inFlight.end(this);
    this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Controller | undefined, error: unknown): void {
    this.#inFlight.end(this);
    this.#handler.onResponseError?.(controller, this.#attempt.failed(error));
  }

  onRequestUpgrade(controller: Controller, status: number, headers: unknown, socket: unknown): void {
    this.#inFlight.end(this);
    this.#attempt.answered(status);
    this.#handler.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onBodySent(chunk: unknown): void {
    this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }
}
