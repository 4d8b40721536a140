import { defaults } from "../ground/defaults.ts";
import { authority, type Endpoint } from "../ground/endpoint.ts";
import type { Candidate } from "./candidate.ts";

/**
 * Vanished: the endpoints that a new list lacks and that are used all the same until the next list. When the list
 * shrinks to less than half at once, a fault of the source is likelier than so many deaths (Eureka keeps all in this
 * case, Envoy those that are healthy). One that stays as long is a deployment; those are believed.
 *
 * @param before how many endpoints the previous list had
 * @param candidates those in use; the ones that answered lately and did not fail since are worth keeping
 */
export function vanished(
  before: number,
  candidates: readonly Candidate[],
  next: readonly Endpoint[],
  now: number,
): readonly Candidate[] {
  if (next.length * 2 >= before) return [];
  const ids = new Set(next.map(({ id }) => id));
  const addresses = new Set(next.map(authority));
  return candidates.filter((candidate) => {
    const { id } = candidate.endpoint;
    const isListed = addresses.has(authority(candidate.endpoint)) || (id !== undefined && ids.has(id));
    return !isListed && !candidate.kept && stillAnswers(candidate, now);
  });
}

function stillAnswers({ ejected, failures, answeredAt }: Candidate, now: number): boolean {
  return !ejected && failures === 0 && now - answeredAt < defaults.vanishedFor;
}
