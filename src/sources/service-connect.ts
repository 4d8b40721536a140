import type { BlockList } from "node:net";
import { block } from "../ground/address-guard.ts";
import { defaults } from "../ground/defaults.ts";
import { briefly } from "../ground/errors.ts";
import { isIP } from "../ground/ip.ts";
import { proxyPort } from "../ground/service.ts";
import type { Answer, Source } from "../ground/source.ts";
import { parseHosts } from "./hosts-file.ts";

export interface ServiceConnectOptions {
  readonly hostsFile: string;
  /** Addresses that are Service Connect's, as a CIDR block. */
  readonly range: string;
}

/**
 * Service Connect: the aliases that ECS writes into the hosts file of a task, each with an address at which the
 * task's own proxy listens. There is no other trace of them, and c-ares does not read that file.
 *
 * The aliases of a task are those at the time of its service's deployment and never change
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html), so one
 * reading is enough. Next to each IPv4 alias stands an IPv6 one, also where the task has no IPv6: outside of
 * `range`, it does not count.
 */
export function serviceConnectSource({ hostsFile, range }: ServiceConnectOptions): Source {
  const { list } = block(range, "serviceConnect.range");
  let known: ReadonlyMap<string, string[]> | undefined;
  return {
    name: "serviceConnect",
    trusted: true,
    lookup(query) {
      const { alias } = query.service;
      try {
        known ??= aliasesIn(readHosts(hostsFile), list);
      } catch (error) {
        return notMine(`${hostsFile} cannot be read (${briefly(error)})`);
      }
      const addresses = known.get(alias);
      if (!addresses) return notMine(`no alias "${alias}" in ${hostsFile}, ${aliases(known)}`);
      const port = proxyPort(query);
      const endpoints = addresses.map((address) => ({ address, port }));
      return { kind: "endpoints", endpoints, ttl: defaults.settledTtl };
    },
  };
}

/** At once, not with a promise: it takes microseconds, and callers of the proxy then wait for nothing. */
function readHosts(path: string): Map<string, string[]> {
  return parseHosts(process.getBuiltinModule("node:fs").readFileSync(path, "utf8"));
}

/** Names with an address in the range; only their IPv4 addresses where there are some, since every task has IPv4. */
function aliasesIn(hosts: ReadonlyMap<string, string[]>, range: BlockList): Map<string, string[]> {
  const aliases = new Map<string, string[]>();
  for (const [name, addresses] of hosts) {
    const own = addresses.filter((address) => range.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"));
    const four = own.filter((address) => isIP(address) === 4);
    if (own.length > 0) aliases.set(name, four.length > 0 ? four : own);
  }
  return aliases;
}

/** What the file has instead: a long name asked for by its short one, or the reverse, is then seen at once. */
function aliases(known: ReadonlyMap<string, string[]>): string {
  const shown = 5;
  if (known.size === 0) return "which holds no Service Connect alias";
  const names = [...known.keys()].slice(0, shown).join(", ");
  return `which holds ${names}${known.size > shown ? ` and ${known.size - shown} more` : ""}`;
}

function notMine(detail: string): Answer {
  return { kind: "notMine", detail };
}
