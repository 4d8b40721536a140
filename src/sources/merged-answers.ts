import { LRUCache } from "lru-cache";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import type { FoundEndpoint } from "../ground/endpoint.ts";

/**
 * MergedAnswers: what several answers for one name tell together.
 *
 * Of a service with more than eight tasks Route 53 tells eight, at random
 * (https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsConfig.html). A full answer is therefore taken as a
 * part, and what was seen within the last two lifetimes is added. One lifetime would not do: the VPC's resolver
 * keeps an answer for all of it, so the next part only comes when the first is over. The price is an endpoint
 * that is called for up to one lifetime longer than with fewer tasks.
 */
export class MergedAnswers {
  readonly #clock: Clock;
  readonly #names = new LRUCache<string, Map<string, Seen>>({ max: defaults.maxServices });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param ttl the answer's lifetime in milliseconds.
   * @param records how many records the answer had, where that is not the number of its endpoints.
   */
  merge(
    name: string,
    answer: readonly FoundEndpoint[],
    ttl: number,
    records = answer.length,
  ): readonly FoundEndpoint[] {
    const earlier = this.#names.get(name);
    this.#names.delete(name);
    if (records < defaults.dnsAnswerCap) return answer;
    const now = this.#clock.now();
    const merged = new Map(answer.map((endpoint) => [identity(endpoint), { endpoint, at: now, ttl }]));
    for (const [key, seen] of earlier ?? []) {
      if (merged.size >= defaults.dnsMergedMost) break;
      if (!merged.has(key) && isRecent(seen, now)) merged.set(key, seen);
    }
    this.#names.set(name, merged);
    return [...merged.values()].map(({ endpoint }) => endpoint);
  }
}

interface Seen {
  readonly endpoint: FoundEndpoint;
  /** Wall time. */
  readonly at: number;
  readonly ttl: number;
}

/** A clock that was set back makes ages negative; such an entry lives no longer than any other. */
function isRecent({ at, ttl }: Seen, now: number): boolean {
  return Math.abs(now - at) <= 2 * ttl;
}

function identity({ address, port }: FoundEndpoint): string {
  return `${address} ${port ?? ""}`;
}
