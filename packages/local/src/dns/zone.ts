import { shuffled } from "../registry/discover.ts";
import type { DnsConfig, Instance, Namespace, RecordType, Service, View } from "../registry/model.ts";

/**
 * The zone: what Route 53 answers from a Cloud Map namespace, worked out from what is registered at that moment.
 * Sources: "Values that you specify when creating a service" in the Cloud Map developer guide, DnsConfig and
 * DnsRecord in its API reference, "Multivalue answer routing" in Route 53's developer guide.
 */
export type Answer =
  | { readonly kind: "records"; readonly records: readonly ZoneRecord[] }
  /** The name exists, not with this type. */
  | { readonly kind: "noData"; readonly soa: Soa }
  | { readonly kind: "noName"; readonly soa: Soa };

export type ZoneRecord = { readonly name: string; readonly ttl: number } & (
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "SRV"; readonly port: number; readonly target: string }
  | { readonly type: "CNAME" | "NS"; readonly target: string }
  | { readonly type: "SOA"; readonly soa: Soa }
);

export interface Soa {
  readonly zone: string;
  /** Seconds. */
  readonly ttl: number;
}

/** The most answers of a multivalue record set. */
const mostAnswers = 8;
const nameServer = "ns-0.awsdns-00.com";

/** Answers one question. `type` is a record type's name, or ANY. */
export function lookUp(view: View, question: string, type: string): Answer {
  const name = question.toLowerCase();
  const namespace = zoneOf(view, name);
  // The resolver of a VPC asks public DNS for what no private zone has, where such names do not exist.
  if (!namespace) return { kind: "noName", soa: { zone: "", ttl: 86_400 } };
  const soa: Soa = { zone: namespace.name, ttl: namespace.soaTtl };
  if (name === namespace.name.toLowerCase()) return atApex(question, type, soa);
  const found = recordsAt(view, namespace, name, question, type);
  if (found === undefined) return { kind: isAbove(view, namespace, name) ? "noData" : "noName", soa };
  return found.length > 0 ? { kind: "records", records: found } : { kind: "noData", soa };
}

/** The service whose records the name belongs to, whether or not it has any at the moment. */
export function serviceAt(view: View, question: string): Service | undefined {
  const name = question.toLowerCase();
  const namespace = zoneOf(view, name);
  if (!namespace) return undefined;
  const services = dnsServices(view, namespace);
  return services.find((service) => {
    const own = ownName(service, namespace);
    return name === own || name.endsWith(`.${own}`);
  });
}

/** The records at a name; empty where it has others only; undefined where the name does not exist. */
function recordsAt(
  view: View,
  namespace: Namespace,
  name: string,
  question: string,
  type: string,
): ZoneRecord[] | undefined {
  for (const service of dnsServices(view, namespace)) {
    const own = ownName(service, namespace);
    if (service.instances.size === 0 || !(name === own || name.endsWith(`.${own}`))) continue;
    if (name === own) return serviceRecords(view, service, service.dns!, namespace, question, type);
    const target = srvTarget(service, name.slice(0, -own.length - 1));
    if (target) return addressRecords(target, question, type, service.dns!.records[0]!.ttl);
  }
  return undefined;
}

function serviceRecords(
  view: View,
  service: Service,
  dns: DnsConfig,
  namespace: Namespace,
  question: string,
  type: string,
): ZoneRecord[] {
  const ttl = (of: RecordType) => dns.records.find((record) => record.type === of)?.ttl;
  const cname = ttl("CNAME");
  if (cname !== undefined) return aliasRecords(view, service, question, type, cname);
  const srv = ttl("SRV");
  if (srv !== undefined) {
    if (type !== "SRV" && type !== "ANY") return [];
    return chosen([...service.instances.values()], dns).map((instance) => ({
      name: question,
      ttl: srv,
      type: "SRV",
      port: Number(instance.attributes.AWS_INSTANCE_PORT),
      target: `${instance.id}.${service.name}.${namespace.name}`,
    }));
  }
  return (["A", "AAAA"] as const).flatMap((family) => {
    const familyTtl = ttl(family);
    if (familyTtl === undefined || (type !== family && type !== "ANY")) return [];
    const having = [...service.instances.values()].filter((instance) => addressOf(instance, family));
    return chosen(having, dns).flatMap((instance) => addressRecords(instance, question, family, familyTtl));
  });
}

/** A CNAME answers every type; what it points at follows where it is in a zone of ours. */
function aliasRecords(
  view: View,
  service: Service,
  question: string,
  type: string,
  ttl: number,
): ZoneRecord[] {
  const [instance] = chosen([...service.instances.values()], service.dns!);
  const target = instance?.attributes.AWS_INSTANCE_CNAME;
  if (target === undefined) return [];
  const record: ZoneRecord = { name: question, ttl, type: "CNAME", target };
  const isLoop = serviceAt(view, target)?.dns?.records[0]?.type === "CNAME";
  if (type === "CNAME" || isLoop) return [record];
  const further = lookUp(view, target, type);
  return [record, ...(further.kind === "records" ? further.records : [])];
}

function atApex(question: string, type: string, soa: Soa): Answer {
  const records: ZoneRecord[] = [];
  if (type === "SOA" || type === "ANY") records.push({ name: question, ttl: soa.ttl, type: "SOA", soa });
  if (type === "NS" || type === "ANY")
    records.push({ name: question, ttl: 172_800, type: "NS", target: nameServer });
  return records.length > 0 ? { kind: "records", records } : { kind: "noData", soa };
}

/** Which instances an answer shows: healthy ones, or all where none is healthy. */
function chosen(instances: readonly Instance[], dns: DnsConfig): Instance[] {
  const fit = instances.filter((instance) => instance.health !== "UNHEALTHY");
  return shuffled(fit.length > 0 ? fit : instances).slice(0, dns.routing === "WEIGHTED" ? 1 : mostAnswers);
}

function addressRecords(instance: Instance, name: string, type: string, ttl: number): ZoneRecord[] {
  return (["A", "AAAA"] as const).flatMap((family) => {
    const address = addressOf(instance, family);
    return address !== undefined && (type === family || type === "ANY")
      ? [{ name, ttl, type: family, address }]
      : [];
  });
}

function addressOf(instance: Instance, family: "A" | "AAAA"): string | undefined {
  return family === "A" ? instance.attributes.AWS_INSTANCE_IPV4 : instance.attributes.AWS_INSTANCE_IPV6;
}

/** The instance whose host name this label is; only services with SRV records have such names. */
function srvTarget(service: Service, label: string): Instance | undefined {
  if (service.dns!.records[0]!.type !== "SRV") return undefined;
  return [...service.instances.values()].find((instance) => instance.id.toLowerCase() === label);
}

/** Whether a name below this one exists, which makes it exist too (RFC 8020). */
function isAbove(view: View, namespace: Namespace, name: string): boolean {
  return dnsServices(view, namespace).some(
    (service) => service.instances.size > 0 && ownName(service, namespace).endsWith(`.${name}`),
  );
}

function dnsServices(view: View, namespace: Namespace): Service[] {
  return [...view.services.values()].filter((service) => service.dns && service.namespaceId === namespace.id);
}

/** The private zone with the longest name that ends this one. Of two with the same name the older one answers. */
function zoneOf(view: View, name: string): Namespace | undefined {
  let best: Namespace | undefined;
  for (const namespace of view.namespaces.values()) {
    const zone = namespace.name.toLowerCase();
    const isIn = namespace.type === "DNS_PRIVATE" && (name === zone || name.endsWith(`.${zone}`));
    if (isIn && zone.length > (best?.name.length ?? 0)) best = namespace;
  }
  return best;
}

function ownName(service: Service, namespace: Namespace): string {
  return `${service.name}.${namespace.name}`.toLowerCase();
}
