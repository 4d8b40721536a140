import type { AddressGuard } from "../ground/address-guard.ts";
import { defaults } from "../ground/defaults.ts";
import type { Endpoint, FoundEndpoint } from "../ground/endpoint.ts";
import { briefly } from "../ground/errors.ts";
import { events } from "../ground/events.ts";
import { directPort, type Query } from "../ground/service.ts";
import { isHostName, isPort } from "../ground/service-name.ts";
import type { Answer, Source } from "../ground/source.ts";

/** An answer that may be used: every endpoint has a port and an address that a service may have. */
export type Admitted = Exclude<Answer, { kind: "endpoints" }> | AdmittedEndpoints;

export interface AdmittedEndpoints {
  readonly kind: "endpoints";
  readonly endpoints: readonly Endpoint[];
  readonly ttl: number;
}

/**
 * Takes a source's answer for what it is, input: fills in ports and leaves out what must not be called. One that is
 * no answer at all counts as `unavailable`.
 */
export function admit(answer: Answer, query: Query, source: Source, guard: AddressGuard): Admitted {
  try {
    return checked(answer, query, source, guard);
  } catch (error) {
    return { kind: "unavailable", detail: `an answer that cannot be read (${briefly(error)})` };
  }
}

function checked(answer: Answer, query: Query, source: Source, guard: AddressGuard): Admitted {
  switch (answer.kind) {
    case "endpoints":
      return usable(answer, query, source, guard);
    case "notMine":
    case "notFound":
    case "empty":
    case "unavailable":
      return typeof answer.detail === "string" ? answer : { ...answer, detail: reason(answer.detail) };
    default:
      throw new TypeError(`kind ${JSON.stringify((answer as { kind?: unknown }).kind)}`);
  }
}

/** A source of the user's own may be written in JavaScript, and say nothing, or hand on the error that it met. */
function reason(detail: unknown): string {
  return detail === undefined ? "no reason given" : briefly(detail);
}

function usable(
  answer: Answer & { kind: "endpoints" },
  query: Query,
  source: Source,
  guard: AddressGuard,
): Admitted {
  const endpoints: Endpoint[] = [];
  let refused = "";
  for (const found of answer.endpoints) {
    const reason = refusal(found, source, guard);
    if (reason === undefined) {
      endpoints.push({ ...found, port: directPort(query, found.port) });
      continue;
    }
    refused = `${found.address}: ${reason}`;
    announce(query, source, found.address, reason);
  }
  if (endpoints.length > 0) return { kind: "endpoints", endpoints, ttl: lifetime(answer.ttl) };
  if (refused === "") return { kind: "empty", detail: "a list of no endpoints" };
  return { kind: "unavailable", scope: "service", detail: `every address was refused (${refused})` };
}

function refusal(found: FoundEndpoint, source: Source, guard: AddressGuard): string | undefined {
  if (found.port !== undefined && !isPort(found.port)) return `port ${found.port} is not a port`;
  const reason = guard.refusal(found.address);
  if (!source.trusted || reason === undefined) return reason;
  return reason === "not an IP address" && !isHostName(found.address) ? reason : undefined;
}

/** At least a second, so that an answer always outlives the request that asked for it; a broken number counts as that. */
function lifetime(ttl: number): number {
  return Math.min(Math.max(ttl || 0, defaults.ttlLeast), defaults.ttlMost);
}

function announce(query: Query, source: Source, address: string, reason: string): void {
  const channel = events["byname:refuse"];
  if (channel.hasSubscribers) {
    channel.publish({ service: query.service.key, source: source.name, address, reason });
  }
}
