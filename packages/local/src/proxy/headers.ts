import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Headers: what passes the proxy, and what it adds. Names and values alternate, as Node's `rawHeaders` have them. */
const hopByHop = new Set(["connection", "keep-alive", "proxy-connection", "upgrade", "te"]);

/** For the service: everything end to end, `Host` as the caller wrote it. `left` is in milliseconds; 0 is no limit. */
export function requestHeaders(request: IncomingMessage, left: number): string[] {
  const headers = passing(request.rawHeaders, ["x-envoy-expected-rq-timeout-ms"]);
  // A caller's own request id stays, so that its logs and the service's can be joined.
  if (request.headers["x-request-id"] === undefined) headers.push("x-request-id", randomUUID());
  if (left > 0) headers.push("x-envoy-expected-rq-timeout-ms", String(left));
  return headers;
}

/** For the caller. `ms` is how long the service took. */
export function responseHeaders(response: IncomingMessage, ms: number): string[] {
  const headers = passing(response.rawHeaders, ["server", "x-envoy-upstream-service-time"]);
  return [...headers, "server", "envoy", "x-envoy-upstream-service-time", String(ms)];
}

function passing(raw: readonly string[], replaced: readonly string[]): string[] {
  const headers: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    if (!hopByHop.has(name) && !replaced.includes(name)) headers.push(raw[at]!, raw[at + 1]!);
  }
  return headers;
}
