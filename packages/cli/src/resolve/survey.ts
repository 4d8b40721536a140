import type { BynameError, Endpoint, ServiceState } from "byname";
import type { SourceAnswer } from "../ask.ts";

/** Survey: one service, as it is resolved and as each source alone would have it. Plain data, and the shape of `--json`. */
export interface Survey {
  readonly service: string;
  /** The source whose endpoints a caller gets now; none where the service cannot be resolved. */
  readonly source?: string;
  readonly stale?: boolean;
  /** Wall time in milliseconds since the epoch. */
  readonly at: number;
  /** Until then the answer is fresh, by the wall clock. */
  readonly expiresAt?: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
  readonly endpoints: readonly SurveyedEndpoint[];
  readonly sources: readonly SurveyedSource[];
}

export interface SurveyedEndpoint extends Endpoint {
  /** The sources that have it. */
  readonly sources: readonly string[];
  /** A caller gets it now. */
  readonly inUse: boolean;
  /** As Cloud Map has it, where that could be asked. */
  readonly health?: string;
  /** Milliseconds since this command saw it first. */
  readonly age: number;
}

export type SurveyedSource = Omit<SourceAnswer, "endpoints">;

export interface Surveyed {
  readonly state: ServiceState;
  readonly answers: readonly SourceAnswer[];
  /** Health by the instance's id and by its address. */
  readonly health: ReadonlyMap<string, string>;
  /** When each endpoint was seen first, by its authority. Added to. */
  readonly seen: Map<string, number>;
  readonly now: number;
}

export function survey({ state, answers, health, seen, now }: Surveyed): Survey {
  const { service, endpoints, error } = state;
  const found = new Map<string, Draft>();
  if (!error) for (const endpoint of endpoints) note(found, endpoint, { inUse: true });
  for (const { source, endpoints: own } of answers)
    for (const endpoint of own) note(found, endpoint, { source });
  const surveyed = [...found].map(([key, { endpoint, sources, inUse }]): SurveyedEndpoint => {
    if (!seen.has(key)) seen.set(key, now);
    const told = health.get(endpoint.id ?? "") ?? health.get(endpoint.address);
    return { ...endpoint, sources, inUse, ...(told ? { health: told } : {}), age: now - seen.get(key)! };
  });
  return {
    service,
    ...(error
      ? { error: errorOf(error) }
      : { source: state.source, stale: state.stale, expiresAt: state.expiresAt }),
    at: now,
    endpoints: surveyed,
    sources: answers.map(({ endpoints: _, ...answer }) => answer),
  };
}

interface Draft {
  endpoint: Endpoint;
  sources: string[];
  inUse: boolean;
}

function note(found: Map<string, Draft>, endpoint: Endpoint, by: { source?: string; inUse?: boolean }): void {
  const key = authority(endpoint);
  const draft = found.get(key) ?? { endpoint, sources: [], inUse: false };
  // One source knows the zone, another the id.
  draft.endpoint = { ...endpoint, ...draft.endpoint };
  if (by.source && !draft.sources.includes(by.source)) draft.sources.push(by.source);
  draft.inUse ||= by.inUse ?? false;
  found.set(key, draft);
}

function errorOf(error: BynameError) {
  const { hint = "" } = error as { hint?: string };
  return { code: error.code, message: error.message, hint };
}

/** `address:port` as a URL has it. */
export function authority({ address, port }: Pick<Endpoint, "address" | "port">): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
