import { configuredPort, type Query } from "../ground/service.ts";
import type { Answer, Source } from "../ground/source.ts";
import {
  addressesOf,
  checkServers,
  type DnsFailure,
  DnsLookup,
  type DnsOptions,
  hasNothing,
  isNoData,
  lifetime,
} from "./dns-lookup.ts";
import { bySrv, type Found } from "./dns-srv.ts";
import { MergedAnswers } from "./merged-answers.ts";

/**
 * DNS: the records that Cloud Map keeps at `<discovery name>.<namespace>` in a private hosted zone.
 *
 * Addresses are asked for where a port is configured, SRV records where none is; the other way round when the name
 * has nothing of the first kind.
 * @throws ConfigError where a server is not an address.
 */
export function dnsSource(options: DnsOptions): Source {
  checkServers(options);
  const merged = new MergedAnswers(options.clock);
  return {
    name: "dns",
    lookup(query, signal) {
      const { key, discoveryName, namespace } = query.service;
      if (namespace === undefined) return { kind: "notMine", detail: `no namespace for "${key}"` };
      const name = `${discoveryName}.${namespace}`;
      return lookUp(query, name, new DnsLookup(name, options, signal), merged);
    },
  };
}

/** Turns a host name into addresses, for records of other sources that hold a name. Rejects with what DNS said. */
export type ResolveHost = (
  name: string,
  signal: AbortSignal,
) => Promise<{ readonly addresses: readonly string[] /** In milliseconds. */; readonly ttl: number }>;

/** @throws ConfigError where a server is not an address. */
export function hostResolver(options: DnsOptions): ResolveHost {
  checkServers(options);
  return async (name, signal) => {
    using lookup = new DnsLookup(name, options, signal);
    const reply = await addressesOf(name, lookup);
    if ("code" in reply) throw new Error(inWords(reply));
    return { addresses: reply.records.map(({ address }) => address), ttl: lifetime(reply.records) };
  };
}

async function lookUp(query: Query, name: string, open: DnsLookup, merged: MergedAnswers): Promise<Answer> {
  using lookup = open;
  const bySrvFirst = configuredPort(query) === undefined;
  const [first, second] = bySrvFirst ? [bySrv, byAddress] : [byAddress, bySrv];
  const found = await eitherWay(await first(name, lookup), () => second(name, lookup));
  if ("code" in found) return unanswered(found);
  const kind = found.endpoints[0]?.port === undefined ? "address" : "srv";
  const endpoints = merged.merge(`${kind} ${name}`, found.endpoints, found.ttl, found.records);
  return { kind: "endpoints", endpoints, ttl: found.ttl };
}

async function eitherWay(
  first: Found | DnsFailure,
  second: () => Promise<Found | DnsFailure>,
): Promise<Found | DnsFailure> {
  if (!isNoData(first)) return first;
  const other = await second();
  return hasNothing(other) ? { asked: `${first.asked}, ${other.asked}`, code: first.code } : other;
}

async function byAddress(name: string, lookup: DnsLookup): Promise<Found | DnsFailure> {
  const reply = await addressesOf(name, lookup);
  if ("code" in reply) return reply;
  const addresses = new Set(reply.records.map(({ address }) => address));
  return {
    endpoints: [...addresses].map((address) => ({ address })),
    ttl: lifetime(reply.records),
    records: reply.records.length,
  };
}

/**
 * What a failure means. Silence and REFUSED are one name's trouble: a resolver that forwards some zones is silent where
 * their own servers are. The VPC's resolver says REFUSED when a network interface asks too often as well
 * (https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html); then each name meets it, and waits.
 */
function unanswered(failure: DnsFailure): Answer {
  const detail = inWords(failure);
  switch (failure.code) {
    case "ENOTFOUND":
      return { kind: "notFound", detail };
    case "ENODATA":
      return { kind: "empty", detail };
    case "EBADNAME":
      return { kind: "notMine", detail };
    case "ECONNREFUSED":
      return { kind: "unavailable", scope: "source", detail };
    default:
      return { kind: "unavailable", scope: "service", detail };
  }
}

const words: Readonly<Record<string, string>> = {
  ENOTFOUND: "NXDOMAIN",
  ENODATA: "no records",
  ESERVFAIL: "SERVFAIL",
  EREFUSED: "REFUSED",
  EFORMERR: "FORMERR",
  ENOTIMP: "NOTIMP",
  ETIMEOUT: "no answer in time",
  ECONNREFUSED: "no DNS server listens there (ECONNREFUSED)",
  // From 1.34.7 on, c-ares also says so of SRV records whose target is compressed, which some proxies of DNS send.
  EBADRESP: "an answer that cannot be read (EBADRESP)",
  EBADNAME: "no name that DNS could hold (EBADNAME)",
};

function inWords({ asked, code }: DnsFailure): string {
  return `${asked}: ${words[code] ?? code}`;
}
