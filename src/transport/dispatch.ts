/**
 * Dispatch: the one method that Node's fetch and undici's `request` ask of a dispatcher, in both generations of
 * undici's handlers. Only what byname touches is typed; the rest is handed on as it came.
 */
export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: Handler): boolean;
}

export interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path: string;
  readonly method?: string;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly servername?: string;
  readonly upgrade?: unknown;
  /** In milliseconds; 0 for none. */
  readonly headersTimeout?: number | null;
}

/** undici up to 7, and the fetch of Node 22 and 24. */
export interface LegacyHandler {
  onConnect?(abort: (reason?: unknown) => void, context?: unknown): void;
  onHeaders?(status: number, headers: unknown, resume: () => void, statusText?: string): boolean | undefined;
  onData?(chunk: Buffer): boolean | undefined;
  onComplete?(trailers: unknown): void;
  onUpgrade?(status: number, headers: unknown, socket: unknown): void;
  onBodySent?(chunk: unknown): void;
  onRequestSent?(): void;
  onResponseStarted?(): void;
  onError(error: unknown): void;
  readonly onRequestStart?: undefined;
}

/** The reins of one request, as a handler of the current generation gets them. */
export interface Controller {
  abort(reason?: unknown): void;
  pause(): void;
  resume(): void;
  readonly paused: boolean;
  readonly aborted: boolean;
  readonly reason: unknown;
  readonly rawHeaders?: unknown;
  readonly rawTrailers?: unknown;
}

/** undici 7 and later, and the fetch of Node 26. */
export interface CurrentHandler {
  onRequestStart(controller: Controller, context?: unknown): void;
  onResponseStart?(controller: Controller, status: number, headers: unknown, statusText?: string): void;
  onResponseData?(controller: Controller, chunk: Buffer): void;
  onResponseEnd?(controller: Controller, trailers: unknown): void;
  onRequestUpgrade?(controller: Controller, status: number, headers: unknown, socket: unknown): void;
  onResponseError?(controller: Controller | undefined, error: unknown): void;
  onBodySent?(chunk: unknown): void;
  onRequestSent?(): void;
  onResponseStarted?(): void;
}

export type Handler = LegacyHandler | CurrentHandler;

export function isCurrent(handler: Handler): handler is CurrentHandler {
  return typeof handler.onRequestStart === "function";
}

/** Tells a handler of either generation that its request failed. */
export function fail(handler: Handler, error: unknown): void {
  if (isCurrent(handler)) handler.onResponseError?.(undefined, error);
  else handler.onError(error);
}
