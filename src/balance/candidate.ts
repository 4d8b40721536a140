import { type Endpoint, originAt } from "../ground/endpoint.ts";
import type { Scheme } from "../ground/service.ts";
import { Latency, type UsualLatency } from "./latency.ts";
import { ramp } from "./slow-start.ts";

/**
 * Candidate: an endpoint and what is known of it. It outlives the list that the endpoint came in. A picker reads it;
 * only the balancer writes to it.
 */
export class Candidate {
  endpoint: Endpoint;
  /** How many attempts are under way. */
  inFlight = 0;
  /** Share of the traffic relative to the mean of the list. */
  weight = 1;
  readonly latency: Latency;
  /** When it appeared; -Infinity where it need not start slowly. */
  readonly since: number;
  /** Lies in another zone than the caller. */
  away = false;
  /** Missing from the latest answer and used all the same, because it still answers. */
  kept = false;
  /** When it last answered. */
  answeredAt = Number.NEGATIVE_INFINITY;
  /** Failures in a row. */
  failures = 0;
  readonly ejection: Ejection = { state: "none", until: 0, times: 0, endedAt: 0 };
  #origin: { readonly of: Endpoint; readonly scheme: Scheme; readonly text: string } | undefined;

  constructor(endpoint: Endpoint, usual: UsualLatency, now: number, since: number) {
    this.endpoint = endpoint;
    this.latency = new Latency(usual, now);
    this.since = since;
  }

  get ejected(): boolean {
    return this.ejection.state !== "none";
  }

  /** The URL origin of its endpoint, written once for all requests. */
  originBy(scheme: Scheme): string {
    const { endpoint } = this;
    if (this.#origin?.of !== endpoint || this.#origin.scheme !== scheme)
      this.#origin = { of: endpoint, scheme, text: originAt(endpoint, scheme) };
    return this.#origin.text;
  }

  /** Its share of the traffic now, relative to the mean of the list. */
  share(now: number): number {
    return this.weight * this.ramp(now);
  }

  ramp(now: number): number {
    return ramp(now - this.since);
  }
}

/** Ejection: whether and until when an endpoint is left out. */
export interface Ejection {
  /** `trial`: one request is finding out whether it is well again. */
  state: "none" | "out" | "trial";
  /** While out, when the trial is due; while on trial, when the next one is if this one never ends. */
  until: number;
  /** How often it was ejected; falls while it behaves. */
  times: number;
  /** When the last ejection ended. */
  endedAt: number;
}
