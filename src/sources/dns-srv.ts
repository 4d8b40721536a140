import type { RecordWithTtl, SrvRecord } from "node:dns";
import { defaults } from "../ground/defaults.ts";
import type { FoundEndpoint } from "../ground/endpoint.ts";
import { mapAtMost } from "./at-most.ts";
import { addressesOf, type DnsFailure, type DnsLookup, lifetime, type Reply } from "./dns-lookup.ts";

/** What DNS has for a name. */
export interface Found {
  readonly endpoints: readonly FoundEndpoint[];
  /** In milliseconds. */
  readonly ttl: number;
  /** How many records the answer itself had. */
  readonly records: number;
}

/**
 * By SRV (RFC 2782): the port is in the record, the address behind its target. Cloud Map writes
 * `1 1 <port> <instance>.<service>.<namespace>` (https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsRecord.html).
 *
 * Only targets of the first priority are asked for; those without an address are left out while others have one.
 * Node does not tell the records' own TTL, so the least of the targets' addresses counts.
 */
export async function bySrv(name: string, lookup: DnsLookup): Promise<Found | DnsFailure> {
  const reply = await lookup.services(name);
  if ("code" in reply) return reply;
  const targets = preferred(reply.records);
  const replies = await mapAtMost(targets, defaults.dnsTargetsAtOnce, (target) =>
    addressesOf(target.name, lookup),
  );
  const weighted = new Set(targets.map(({ weight }) => weight)).size > 1;
  const found = targets.flatMap((target, index) => withAddress(target, replies[index]!));
  if (found.length === 0) return whyNone(name, replies);
  return {
    endpoints: found.flatMap((one) => endpointsOf(one, name, weighted)),
    ttl: lifetime(found.flatMap(({ addresses }) => addresses)),
    records: reply.records.length,
  };
}

interface Target {
  readonly target: SrvRecord;
  readonly addresses: readonly RecordWithTtl[];
}

/** The records of the lowest priority, each target once. A target of "." means that there is no such service. */
function preferred(records: readonly SrvRecord[]): SrvRecord[] {
  const usable = records.filter(({ name, port }) => name !== "" && port > 0);
  const first = Math.min(...usable.map(({ priority }) => priority));
  const targets = new Map<string, SrvRecord>();
  for (const record of usable) {
    if (record.priority === first) targets.set(`${record.name.toLowerCase()}:${record.port}`, record);
  }
  return [...targets.values()];
}

function withAddress(target: SrvRecord, reply: Reply<RecordWithTtl>): Target[] {
  return "records" in reply ? [{ target, addresses: reply.records }] : [];
}

function endpointsOf({ target, addresses }: Target, name: string, weighted: boolean): FoundEndpoint[] {
  // An id stands for one endpoint, and a target's weight for all of its addresses.
  const id = addresses.length === 1 ? instanceId(target.name.toLowerCase(), name) : undefined;
  return addresses.map(({ address }) => ({
    address,
    port: target.port,
    ...(id === undefined ? {} : { id }),
    ...(weighted ? { weight: target.weight / addresses.length } : {}),
  }));
}

function instanceId(target: string, name: string): string | undefined {
  const id = target.endsWith(`.${name}`) ? target.slice(0, -name.length - 1) : "";
  return id === "" || id.includes(".") ? undefined : id;
}

/** A target that could not be asked for weighs more than ones that have no address: there may be one. */
function whyNone(name: string, replies: readonly Reply<RecordWithTtl>[]): DnsFailure {
  const failures = replies.filter((reply) => "code" in reply);
  const trouble = failures.find(({ code }) => code !== "ENODATA" && code !== "ENOTFOUND");
  if (trouble) return trouble;
  const targets = replies.length === 0 ? "" : `, addresses of its ${replies.length} targets`;
  return { asked: `SRV ${name}${targets}`, code: "ENODATA" };
}
