import { channel } from "node:diagnostics_channel";
import { originAt } from "../ground/endpoint.ts";
import type { BynameEvents } from "../ground/events.ts";

/**
 * UndiciRequest: a request of undici's, or of Node's own fetch, as it is announced to instrumentations when it is made
 * (https://undici.nodejs.org/#/docs/api/DiagnosticsChannel).
 */
export interface UndiciRequest {
  readonly origin: unknown;
  readonly path: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: readonly unknown[];
  addHeader(name: string, value: string): unknown;
}

const created = channel("undici:request:create");

/** Whether somebody hears of each request, and so may trace it. */
export function isInstrumented(): boolean {
  return created.hasSubscribers;
}

/**
 * Calls `see` with the request that carries this attempt out, when everybody who heard of such requests before has done
 * with it what they do. @returns its cancel
 */
export function whenCreated(
  send: BynameEvents["byname:send"],
  see: (request: UndiciRequest) => void,
): () => void {
  const cancel = () => void created.unsubscribe(listen);
  const listen = (message: unknown) => {
    const { request } = message as { request: UndiciRequest };
    if (!isFor(send, request)) return;
    cancel();
    see(request);
  };
  created.subscribe(listen);
  return cancel;
}

/** Whether it has one of these headers, given in lower case. */
export function hasAny({ headers }: UndiciRequest, names: readonly string[]): boolean {
  return headers.some((text, at) => at % 2 === 0 && names.includes(String(text).toLowerCase()));
}

/** It comes within the call that sends the attempt, nearly always; not where that goes around a proxy. */
function isFor({ endpoint, request }: BynameEvents["byname:send"], { origin, path }: UndiciRequest): boolean {
  const scheme = request.origin.startsWith("https:") ? "https" : "http";
  return String(origin) === originAt(endpoint, scheme) && path.split("?", 1)[0] === request.path;
}
