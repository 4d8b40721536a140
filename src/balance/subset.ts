import { defaults } from "../ground/defaults.ts";
import { authority, type Endpoint } from "../ground/endpoint.ts";

/**
 * Subset: the part of a long list of endpoints that one client uses, so that a thousand clients do not hold a thousand
 * connections to each of hundreds of endpoints. By rendezvous hashing (gRPC's random subsetting, proposal A68): each
 * client ranks all endpoints in an order of its own and takes the first ones. When one comes or goes, each client
 * changes one endpoint at most.
 */
export function subset(
  endpoints: readonly Endpoint[],
  client: string,
  size: number = defaults.subsetSize,
): readonly Endpoint[] {
  if (endpoints.length <= size) return endpoints;
  const seed = hash(client, 0);
  const ranked = endpoints.map((endpoint) => ({
    endpoint,
    rank: hash(endpoint.id ?? authority(endpoint), seed),
  }));
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, size)
    .map(({ endpoint }) => endpoint);
}

/** FNV-1a with MurmurHash3's last step, which spreads a difference in the last letter over all bits. */
function hash(text: string, seed: number): number {
  let bits = seed ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
