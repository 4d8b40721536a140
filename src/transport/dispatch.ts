/**
 * Dispatch: the one method that Node's fetch asks of a dispatcher, in both generations of undici's handlers. Only
 * what byname touches is typed; the rest is handed on as it came.
 */
export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: Handler): boolean;
}

export interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path: string;
  readonly method?: string;
  readonly headers?: unknown;
  readonly servername?: string;
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

export interface Controller {
  abort(reason?: unknown): void;
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
