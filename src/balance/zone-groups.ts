import type { Candidate } from "./candidate.ts";
import { Group } from "./group.ts";
import { zoneShares } from "./zones.ts";

/** ZoneGroups: the candidates zone by zone, with the part of the traffic that each zone gets. */
export class ZoneGroups {
  readonly #groups: readonly { readonly group: Group; readonly upTo: number }[];

  /** @param own the caller's zone by name, where it is known and is to count */
  constructor(candidates: readonly Candidate[], own: string | undefined) {
    this.#groups = split(candidates, own);
  }

  draw(random: () => number): Group {
    const groups = this.#groups;
    if (groups.length === 1) return groups[0]!.group;
    const place = random();
    for (const { group, upTo } of groups) if (place < upTo) return group;
    return groups.at(-1)!.group;
  }
}

function split(candidates: readonly Candidate[], own: string | undefined): { group: Group; upTo: number }[] {
  if (own === undefined || !candidates.every(hasZone)) {
    return [{ group: new Group(candidates), upTo: 1 }];
  }
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
