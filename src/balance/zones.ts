/**
 * Zones: how much of one client's traffic goes to which zone, so that it stays in the own one as long as no endpoint
 * gets more than its fair part of the whole: Envoy's zone-aware rule
 * (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/zone_aware).
 *
 * Envoy knows how its peers are spread over the zones; one client alone does not, and takes them to be spread evenly
 * over all zones in play. So each zone's callers bring 1/Z of the load. A zone with at least that part of the capacity
 * serves its own callers alone, and has the rest to spare; one with less serves what it can, and its callers take the
 * rest of their load to the others in proportion to what those have to spare.
 *
 * @param capacity of each zone: the summed weights of its endpoints that are well
 * @returns the parts of this client's traffic, which add up to one
 */
export function zoneShares(capacity: ReadonlyMap<string, number>, own: string): ReadonlyMap<string, number> {
  const total = sum(capacity.values());
  const callers = 1 / (capacity.has(own) ? capacity.size : capacity.size + 1);
  const local = Math.min(1, (capacity.get(own) ?? 0) / total / callers);
  const spare = new Map<string, number>();
  for (const [zone, part] of capacity) {
    if (zone !== own) spare.set(zone, Math.max(0, part / total - callers));
  }
  const allSpare = sum(spare.values());
  const shares = new Map<string, number>();
  if (local > 0) shares.set(own, allSpare > 0 ? local : 1);
  if (local < 1 && allSpare > 0) {
    for (const [zone, part] of spare) if (part > 0) shares.set(zone, ((1 - local) * part) / allSpare);
  }
  return shares;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
