import { defaults } from "../ground/defaults.ts";
import { authority, type Endpoint } from "../ground/endpoint.ts";
import { Candidate } from "./candidate.ts";
import { UsualLatency } from "./latency.ts";

/**
 * Members: the candidates of a service over time. What is known of an endpoint is kept by the instance's id, by
 * address and port where one of the lists has no id (DNS after Cloud Map, say), and for a while after it has left, so
 * that a list that flaps loses nothing.
 */
export class Members {
  readonly #usual = new UsualLatency();
  #present = new Set<Candidate>();
  /** Those that left, the earliest first, and when. */
  readonly #left = new Map<Candidate, number>();

  /** The candidates for a list, in its order. Endpoints that stand in it twice count once. */
  follow(endpoints: readonly Endpoint[], now: number): readonly Candidate[] {
    this.#forget(now);
    const known = index([...this.#left.keys(), ...this.#present]);
    const since = this.#present.size > 0 ? now : Number.NEGATIVE_INFINITY;
    const here = new Set<Candidate>();
    const addresses = new Set<string>();
    for (const endpoint of endpoints) {
      const address = authority(endpoint);
      if (addresses.has(address)) continue;
      addresses.add(address);
      const found = find(known, endpoint);
      const isKnown = found !== undefined && !here.has(found);
      const candidate = isKnown ? found : new Candidate(endpoint, this.#usual, now, since);
      candidate.endpoint = endpoint;
      here.add(candidate);
    }
    this.#leave(here, now);
    return [...here];
  }

  #leave(here: Set<Candidate>, now: number): void {
    for (const candidate of here) this.#left.delete(candidate);
    for (const candidate of this.#present) if (!here.has(candidate)) this.#left.set(candidate, now);
    this.#present = here;
    this.#forget(now);
  }

  #forget(now: number): void {
    for (const [candidate, at] of this.#left) {
      if (now - at <= defaults.leaverGrace && this.#left.size <= defaults.leaversMost) break;
      this.#left.delete(candidate);
    }
  }
}

interface Index {
  readonly byId: ReadonlyMap<string, Candidate>;
  readonly byAddress: ReadonlyMap<string, Candidate>;
}

function index(candidates: readonly Candidate[]): Index {
  const byId = new Map<string, Candidate>();
  const byAddress = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { endpoint } = candidate;
    if (endpoint.id !== undefined) byId.set(instance(endpoint), candidate);
    byAddress.set(authority(endpoint), candidate);
  }
  return { byId, byAddress };
}

/** An address with another id is another instance: addresses are given out again. */
function find({ byId, byAddress }: Index, endpoint: Endpoint): Candidate | undefined {
  const byInstance = endpoint.id === undefined ? undefined : byId.get(instance(endpoint));
  if (byInstance) return byInstance;
  const there = byAddress.get(authority(endpoint));
  return there?.endpoint.id === undefined || endpoint.id === undefined ? there : undefined;
}

/** One instance may listen on several ports. */
function instance({ id, port }: Endpoint): string {
  return `${id} ${port}`;
}
