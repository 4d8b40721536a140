import type { Endpoint } from "../ground/endpoint.ts";

/**
 * Picker: chooses the endpoint of one attempt. It sees a snapshot, does no I/O and cannot fail: the list it is
 * given is never empty.
 */
export interface Picker {
  pick(endpoints: readonly Endpoint[]): Endpoint;
}
