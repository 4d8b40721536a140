import { subscribe } from "node:diagnostics_channel";
import { LRUCache } from "lru-cache";
import { defaults } from "../ground/defaults.ts";

/** What undici tells of a connection, Node's own as well; without a port where that is the scheme's. */
interface Connecting {
  readonly connectParams: { readonly hostname: string; readonly port?: string; readonly protocol: string };
}

/**
 * How many connections are being made, by address and port. Programs choose the hosts, so their number is bounded; of a
 * client that is destroyed meanwhile undici tells no more, so its count is let go after the longest time one may take.
 */
const making = new LRUCache<string, number>({
  max: defaults.maxServices,
  ttl: defaults.connectingMost,
  noUpdateTTL: true,
});
let isWatching = false;

/** From now on it is known where undici is making a connection. */
export function watchConnects(): void {
  if (isWatching) return;
  isWatching = true;
  const count = (by: number) => (told: unknown) => {
    const key = keyOf((told as Connecting).connectParams);
    const left = (making.get(key) ?? 0) + by;
    if (left > 0) making.set(key, left);
    else making.delete(key);
  };
  subscribe("undici:client:beforeConnect", count(1));
  subscribe("undici:client:connected", count(-1));
  subscribe("undici:client:connectError", count(-1));
}

/** Whether undici is making a connection to this origin now, for whichever request. */
export function isConnecting(origin: string): boolean {
  return making.has(keyOf(new URL(origin)));
}

/** undici takes an IPv6 address out of its brackets. */
function keyOf({ hostname, port, protocol }: Connecting["connectParams"]): string {
  return `${hostname.replace(/^\[|\]$/g, "")} ${port || (protocol === "https:" ? 443 : 80)}`;
}
