/**
 * What Cloud Map holds, as plain data.
 */
export type NamespaceType = "HTTP" | "DNS_PRIVATE";
/** Types of the records that Cloud Map makes for an instance. */
export type RecordType = "A" | "AAAA" | "SRV" | "CNAME";
/** Cloud Map's routing policies: up to eight healthy instances in an answer, or one of them by chance. */
export type RoutingPolicy = "MULTIVALUE" | "WEIGHTED";
export type Health = "HEALTHY" | "UNHEALTHY" | "UNKNOWN";

export interface Namespace {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  /** The name for API calls; differs from `name` where a name was used before. */
  readonly httpName: string;
  readonly type: NamespaceType;
  /** The account that owns it, 12 digits. */
  readonly owner: string;
  /** Whether another account's namespace is shared with ours. */
  readonly shared: boolean;
  /** Seconds; the TTL of the zone's SOA record. */
  readonly soaTtl: number;
  readonly vpc?: string;
  readonly hostedZoneId?: string;
  readonly description?: string;
  readonly creatorRequestId?: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface DnsRecord {
  readonly type: RecordType;
  /** Seconds. */
  readonly ttl: number;
}

export interface DnsConfig {
  readonly routing: RoutingPolicy;
  readonly records: readonly DnsRecord[];
}

export interface Service {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly namespaceId: string;
  /** The key in startLocal's `services`, for services that were made there. */
  readonly key?: string;
  readonly dns?: DnsConfig;
  /** Whether it has a custom health check; without one every instance is UNKNOWN. */
  readonly healthCheck: boolean;
  readonly description?: string;
  readonly creatorRequestId?: string;
  readonly createdAt: number;
  /** Grows whenever an instance comes or goes, not with health. */
  readonly revision: number;
  readonly instances: ReadonlyMap<string, Instance>;
}

export interface Instance {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly health: Health;
  readonly creatorRequestId?: string;
}

export type OperationType =
  | "CREATE_NAMESPACE"
  | "DELETE_NAMESPACE"
  | "UPDATE_SERVICE"
  | "REGISTER_INSTANCE"
  | "DEREGISTER_INSTANCE";

export interface Operation {
  readonly id: string;
  readonly type: OperationType;
  readonly status: "PENDING" | "SUCCESS" | "FAIL";
  readonly targets: Readonly<Partial<Record<"NAMESPACE" | "SERVICE" | "INSTANCE", string>>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Everything at one moment. */
export interface View {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly services: ReadonlyMap<string, Service>;
}

/** True when a fault's or caller's word for a service means this one: its key, or its name where it has none. */
export function isCalled(service: Service, name: string): boolean {
  return (service.key ?? service.name) === name;
}
