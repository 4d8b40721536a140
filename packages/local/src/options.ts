import type { Bucket } from "./api/throttle.ts";
import type { Health, NamespaceType, RecordType, RoutingPolicy } from "./registry/model.ts";

/** What `startLocal` sets up. Everything is optional: without services it is an empty account. */
export interface LocalOptions {
  /**
   * The namespace of services that do not name another one: a private DNS namespace.
   * @default "sd.local"
   */
  readonly namespace?: string;
  /** By the names that callers use; a port makes it one of an alias with several: `"metrics:6334"`. */
  readonly services?: Readonly<Record<string, LocalServiceOptions>>;
  /**
   * The region that the environment names.
   * @default "eu-west-1"
   */
  readonly region?: string;
  /**
   * The caller's account, 12 digits.
   * @default "111122223333"
   */
  readonly account?: string;
  /**
   * Milliseconds until a registration can be seen. AWS promises no bound.
   * @default 0
   */
  readonly propagationDelay?: number;
  /**
   * Milliseconds until a custom health status counts. AWS waits about 30 s.
   * @default 0
   */
  readonly healthDelay?: number;
  /**
   * True for AWS's own quotas, or token buckets by operation. Left out, nothing is throttled.
   */
  readonly throttle?: true | Readonly<Record<string, Bucket>>;
}

/** One service: its Cloud Map entry, its DNS records, and its Service Connect alias. */
export interface LocalServiceOptions {
  /** Name of its namespace, or a namespace of its own kind. A name seen first makes a private DNS namespace. */
  readonly namespace?: string | LocalNamespace;
  /**
   * Its name in Cloud Map.
   * @default the key, without a port
   */
  readonly discoveryName?: string;
  /**
   * Its DNS records; false for a service that only the API knows, as Service Connect makes them.
   * @default { records: ["SRV"], ttl: 10, routing: "MULTIVALUE" }, and false in an HTTP namespace
   */
  readonly dns?: false | LocalDns;
  /**
   * Whether it has a custom health check. Without one all instances are UNKNOWN and count as healthy.
   * @default false
   */
  readonly healthCheck?: boolean;
  /** Its alias for callers inside the mesh. Left out, it has none. */
  readonly serviceConnect?: LocalAlias;
  /** Registered from the start. */
  readonly instances?: readonly NewInstance[];
}

/** A namespace of Cloud Map that is not simply a private DNS namespace of the caller's. */
export interface LocalNamespace {
  /** For a DNS namespace its domain, such as `sd.local`. */
  readonly name: string;
  /** @default "DNS_PRIVATE" */
  readonly type?: NamespaceType;
  /** @default the name, with a random ending where it is taken */
  readonly httpName?: string;
  /**
   * The account it belongs to, 12 digits.
   * @default the caller's
   */
  readonly owner?: string;
  /**
   * Whether another account's namespace is shared with the caller's.
   * @default true
   */
  readonly shared?: boolean;
  /**
   * Seconds; the TTL of its SOA record.
   * @default 900
   */
  readonly soaTtl?: number;
}

/** A service's DNS records. */
export interface LocalDns {
  /** @default ["SRV"] */
  readonly records?: readonly RecordType[];
  /**
   * Seconds.
   * @default 10
   */
  readonly ttl?: number;
  /** @default "MULTIVALUE", and "WEIGHTED" for CNAME */
  readonly routing?: RoutingPolicy;
}

/** A Service Connect client alias: what callers in the mesh connect to. */
export interface LocalAlias {
  /** @default the service's key, without a port */
  readonly alias?: string;
  /** Where the proxy listens for it. */
  readonly port: number;
  /** @default "http" */
  readonly protocol?: "http" | "http2" | "grpc" | "tcp";
  /**
   * Milliseconds for all tries together; 0 is none.
   * @default 15000, as in Service Connect
   */
  readonly perRequestTimeout?: number;
}

/** An instance to register. */
export interface NewInstance {
  /** Where it listens. Left out, `serve` takes a free port. */
  readonly port?: number;
  /**
   * For `serve` a loopback address.
   * @default "127.0.0.1"
   */
  readonly address?: string;
  /** @default an id as ECS tasks have it */
  readonly id?: string;
  /** Availability zone by name: the attribute AVAILABILITY_ZONE. */
  readonly zone?: string;
  /** @default "HEALTHY" */
  readonly health?: Exclude<Health, "UNKNOWN">;
  /** Attributes next to, or instead of, those made of the fields above. */
  readonly attributes?: Readonly<Record<string, string>>;
}
