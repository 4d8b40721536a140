import type { Endpoint } from "./endpoint.ts";

/**
 * Balance: how the endpoint of an attempt is chosen. `leastLoaded` takes of two drawn at random the one with less under
 * way, times the latency it has shown; `leastRequest` the one with less under way; `roundRobin` one after the other. A
 * picker of the user's own is one function.
 */
export type Balance = "leastLoaded" | "leastRequest" | "roundRobin" | OwnPicker;

/**
 * Returns one of the candidates that it is given: never none, and never one that is left out for failing. They are all of
 * the service's, whatever their zone, or those that a request was not sent to yet. It is called for each attempt, and
 * waits for nothing.
 */
export type OwnPicker = (candidates: readonly PickerCandidate[]) => PickerCandidate;

/** What a picker sees of an endpoint. */
export interface PickerCandidate {
  readonly endpoint: Endpoint;
  /** How many attempts are under way there, from this process. */
  readonly inFlight: number;
  /** Its share of the traffic, relative to the mean of all. */
  readonly weight: number;
}
