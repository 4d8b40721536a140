import type { Attributes } from "@opentelemetry/api";
import type { AttemptEvent, BynameEvents } from "../ground/events.ts";
import { isIP } from "../ground/ip.ts";

type Start = BynameEvents["byname:start"];

/**
 * Attributes: requests and attempts in the words of OpenTelemetry's conventions, version 1.43
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span). Where a service really is stands in
 * `network.peer.*`; all else tells of it by its own name.
 */
export function requestAttributes({ origin, method, path }: Start): Attributes {
  const known = knownMethod(method);
  return {
    ...serverAttributes({ origin, method }),
    ...(known === method ? {} : { "http.request.method_original": method }),
    // The convention has the query string here; it is left out, since secrets stand there.
    "url.full": origin + path,
  };
}

/** Those that metrics have as well. */
export function serverAttributes({ origin, method }: Pick<Start, "origin" | "method">): Attributes {
  const [, scheme, host = "", port] = /^(\w+):\/\/(\[.*\]|[^:]*):?(\d*)$/.exec(origin)!;
  return {
    "http.request.method": knownMethod(method) ?? "_OTHER",
    "server.address": host,
    "server.port": Number(port) || (scheme === "https" ? 443 : 80),
  };
}

/** `{method}`: the path is no good name for a span, having far too many values. */
export function spanName({ method }: Pick<Start, "method">): string {
  return knownMethod(method) ?? "HTTP";
}

export function attemptAttributes(attempt: AttemptEvent): Attributes {
  const { endpoint, resent } = attempt;
  const { address, port } = endpoint;
  return {
    ...(isIP(address) ? { "network.peer.address": address, "network.peer.port": port } : {}),
    ...(resent > 0 ? { "http.request.resend_count": resent } : {}),
    ...wayAttributes(attempt),
  };
}

/** What no convention knows. */
export function wayAttributes({ service, source, stale, crossZone }: AttemptEvent): Attributes {
  return {
    "byname.service": service,
    "byname.source": source,
    "byname.stale": stale,
    "byname.cross_zone": crossZone,
  };
}

/** What an attempt came to: for a client every status from 400 on is an error. */
export function outcomeAttributes({ status, error }: Outcome): Attributes {
  return {
    ...(status === undefined ? {} : { "http.response.status_code": status }),
    ...(isError({ status, error }) ? { "error.type": errorType({ status, error }) } : {}),
  };
}

export interface Outcome {
  readonly status?: number | undefined;
  readonly error?: string | undefined;
}

export function isError({ status, error }: Outcome): boolean {
  return error !== undefined || (status !== undefined && status >= 400);
}

/** Few values: the status, or the error's code. An error without one is the convention's `_OTHER`. */
function errorType({ status, error }: Outcome): string {
  if (error === undefined) return String(status);
  return isCode(error) ? error : "_OTHER";
}

/** Whether an error is a code, such as `ECONNREFUSED`, or a name, such as `TimeoutError`, and not a text. */
export function isCode(error: string): boolean {
  return /^[A-Z](?:[A-Z0-9_]+|\w*Error)$/.test(error);
}

function knownMethod(method: string): string | undefined {
  const upper = method.toUpperCase();
  return methods.has(upper) ? upper : undefined;
}

/** RFC 9110 and RFC 5789, as the convention has it, and QUERY, as its registry of attributes has it by now. */
const methods = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "QUERY",
  "TRACE",
]);
