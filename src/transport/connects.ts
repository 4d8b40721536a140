import { subscribe } from "node:diagnostics_channel";
import { LRUCache } from "lru-cache";
import { defaults } from "../ground/defaults.ts";

/** What undici tells of a connection, Node's own as well; without a port where that is the scheme's. */
interface Connecting {
  readonly connectParams: { readonly hostname: string; readonly port?: string; readonly protocol: string };
}

/**
 * When the connections began that are being made now, by address and port, the newest last. Programs choose the hosts, so
 * their number is bounded; of a client that is destroyed meanwhile undici tells no more, so what began too long ago does not
 * count.
 */
const making = new LRUCache<string, number[]>({ max: defaults.maxServices });
let isWatching = false;

/** From now on it is known where undici is making a connection. */
export function watchConnects(): void {
  if (isWatching) return;
  isWatching = true;
  const begun = (told: unknown) => {
    const key = keyOf((told as Connecting).connectParams);
    making.set(key, [...(making.get(key) ?? []).filter(isRecent), performance.now()]);
  };
  const ended = (told: unknown) => {
    const key = keyOf((told as Connecting).connectParams);
    const others = (making.get(key) ?? []).slice(0, -1);
    if (others.length > 0) making.set(key, others);
    else making.delete(key);
  };
  subscribe("undici:client:beforeConnect", begun);
  subscribe("undici:client:connected", ended);
  subscribe("undici:client:connectError", ended);
}

/** Whether undici is making a connection to this origin now, for whichever request. */
export function isConnecting(origin: string): boolean {
  return (making.get(keyOf(new URL(origin))) ?? []).some(isRecent);
}

function isRecent(begun: number): boolean {
  return performance.now() - begun < defaults.connectingMost;
}

/** undici takes an IPv6 address out of its brackets. */
function keyOf({ hostname, port, protocol }: Connecting["connectParams"]): string {
  return `${hostname.replace(/^\[|\]$/g, "")} ${port || (protocol === "https:" ? 443 : 80)}`;
}
