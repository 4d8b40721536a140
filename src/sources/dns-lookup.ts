import type { RecordWithTtl, SrvRecord } from "node:dns";
import { Resolver } from "node:dns/promises";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import { briefly, ConfigError } from "../ground/errors.ts";
import { type BynameEvents, events } from "../ground/events.ts";

export interface DnsOptions {
  /** Name servers to ask instead of the system's. */
  readonly servers?: readonly string[];
  readonly clock: Clock;
}

/** What one question brought: at least one record, or why there is none. */
export type Reply<Kind> = { readonly records: readonly Kind[] } | DnsFailure;

type RecordType = BynameEvents["byname:dns"]["type"];

export interface DnsFailure {
  /** The question as it stands in a sentence: `A orders.sd.local`. */
  readonly asked: string;
  /** As `node:dns` has it: `ENOTFOUND` is NXDOMAIN, `ENODATA` a name without such records. */
  readonly code: string;
}

/**
 * DnsLookup: the questions of one lookup, with one deadline for all of them.
 *
 * It asks by c-ares, with a resolver of its own: `cancel` ends every question of a resolver, and getaddrinfo would
 * queue for libuv's few threads. The deadline is ours, since c-ares' time-outs run several times over.
 */
export class DnsLookup implements Disposable {
  readonly #name: string;
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  readonly #forget: () => void;
  /** Set once nothing is asked any more. */
  #ended: "ETIMEOUT" | "ECANCELLED" | undefined;

  /** @param name what it is about */
  constructor(name: string, options: DnsOptions, signal: AbortSignal) {
    this.#name = name;
    this.#resolver = resolverFor(options);
    this.#clock = options.clock;
    const cancelDeadline = options.clock.after(defaults.dnsTimeout, () => this.#end("ETIMEOUT"));
    const onAbort = () => this.#end(signal.reason?.name === "TimeoutError" ? "ETIMEOUT" : "ECANCELLED");
    signal.addEventListener("abort", onAbort);
    this.#forget = () => {
      cancelDeadline();
      signal.removeEventListener("abort", onAbort);
    };
    if (signal.aborted) onAbort();
  }

  ipv4(name: string): Promise<Reply<RecordWithTtl>> {
    return this.#ask("A", name, () => this.#resolver.resolve4(name, { ttl: true }));
  }

  ipv6(name: string): Promise<Reply<RecordWithTtl>> {
    return this.#ask("AAAA", name, () => this.#resolver.resolve6(name, { ttl: true }));
  }

  services(name: string): Promise<Reply<SrvRecord>> {
    return this.#ask("SRV", name, () => this.#resolver.resolveSrv(name));
  }

  /** Questions still open are not needed any more. */
  [Symbol.dispose](): void {
    this.#end("ECANCELLED");
  }

  async #ask<Kind>(type: RecordType, name: string, question: () => Promise<Kind[]>): Promise<Reply<Kind>> {
    const asked = `${type} ${name}`;
    if (this.#ended) return { asked, code: this.#ended };
    const started = this.#clock.monotonic();
    const reply = await this.#answer(asked, question);
    const error = "code" in reply ? reply.code : undefined;
    const channel = events["byname:dns"];
    // Who was not needed any more has told nothing.
    if (channel.hasSubscribers && error !== "ECANCELLED") {
      const ms = this.#clock.monotonic() - started;
      channel.publish({ name, of: this.#name, type, ms, ...(error === undefined ? {} : { error }) });
    }
    return reply;
  }

  async #answer<Kind>(asked: string, question: () => Promise<Kind[]>): Promise<Reply<Kind>> {
    try {
      const records = await question();
      return records.length > 0 ? { records } : { asked, code: "ENODATA" };
    } catch (error) {
      return { asked, code: this.#ended ?? briefly(error) };
    }
  }

  #end(why: "ETIMEOUT" | "ECANCELLED"): void {
    if (this.#ended) return;
    this.#ended = why;
    this.#forget();
    this.#resolver.cancel();
  }
}

/** @throws ConfigError where a server is not an address, with or without a port. */
export function checkServers(options: DnsOptions): void {
  try {
    resolverFor(options);
  } catch (cause) {
    const expected = 'addresses such as "10.0.0.2", "127.0.0.1:5353" or "[::1]:53"';
    throw new ConfigError("dns.servers", options.servers, expected, { cause });
  }
}

function resolverFor({ servers }: DnsOptions): Resolver {
  const resolver = new Resolver({ timeout: 500, tries: 2 });
  if (servers) resolver.setServers(servers);
  return resolver;
}

/**
 * The addresses of a name: IPv4 as soon as they are there, IPv6 only where there is no IPv4. A mixed list would
 * cost a caller without IPv6 a good part of its requests.
 */
export async function addressesOf(name: string, lookup: DnsLookup): Promise<Reply<RecordWithTtl>> {
  const later = lookup.ipv6(name);
  const four = await lookup.ipv4(name);
  if (!isNoData(four)) return four;
  const six = await later;
  return hasNothing(six) ? { asked: `A and AAAA ${name}`, code: "ENODATA" } : six;
}

/** The name is there, without what was asked for. */
export function isNoData<Found extends object>(reply: Found | DnsFailure): reply is DnsFailure {
  return "code" in reply && reply.code === "ENODATA";
}

/**
 * The same of a name that an earlier question found. It is there, then, and some servers say NXDOMAIN where only the
 * type is missing (RFC 4074, section 4.2).
 */
export function hasNothing<Found extends object>(reply: Found | DnsFailure): reply is DnsFailure {
  return isNoData(reply) || ("code" in reply && reply.code === "ENOTFOUND");
}

/** The lifetime that records with these TTLs have together, in milliseconds, within the bounds for DNS. */
export function lifetime(records: readonly { readonly ttl: number }[]): number {
  const least = Math.min(...records.map(({ ttl }) => ttl)) * 1_000;
  return Math.min(Math.max(least, defaults.dnsTtlLeast), defaults.dnsTtlMost);
}
