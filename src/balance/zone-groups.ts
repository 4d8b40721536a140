import type { Candidate } from "./candidate.ts";
import { Group } from "./group.ts";
import { zoneShares } from "./zones.ts";

/** ZoneGroups: the candidates zone by zone, with the part of the traffic that each zone gets. */
export class ZoneGroups {
  readonly #whole: Group;
  readonly #groups: readonly { readonly group: Group; readonly upTo: number }[];

  /** @param own the caller's zone by name, where it is known and is to count */
  constructor(candidates: readonly Candidate[], own: string | undefined) {
    this.#whole = new Group(candidates);
    this.#groups = split(candidates, own);
  }

  /** Of a zone that starts slowly as a whole, what it cannot take yet goes to all. */
  draw(random: () => number, now: number): Group {
    if (this.#groups.length === 0) return this.#whole;
    const place = random();
    const { group } = this.#groups.find(({ upTo }) => place < upTo) ?? this.#groups.at(-1)!;
    const part = group.ramp(now);
    return part === 1 || random() < part ? group : this.#whole;
  }
}

/** @returns none where zones do not count */
function split(candidates: readonly Candidate[], own: string | undefined): { group: Group; upTo: number }[] {
  if (own === undefined || !candidates.every(hasZone)) return [];
  const zones = Map.groupBy(candidates, ({ endpoint }) => endpoint.zone!);
  const capacity = new Map([...zones].map(([zone, members]) => [zone, weightOf(members)]));
  let upTo = 0;
  return [...zoneShares(capacity, own)].map(([zone, share]) => {
    upTo += share;
    return { group: new Group(zones.get(zone)!), upTo };
  });
}

/** Half-known zones would be guesswork, so all endpoints must have one. */
function hasZone({ endpoint }: Candidate): boolean {
  return endpoint.zone !== undefined;
}

function weightOf(candidates: readonly Candidate[]): number {
  return candidates.reduce((total, { weight }) => total + weight, 0);
}
