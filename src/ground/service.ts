import type { Balance } from "./balance.ts";
import type { RequestPolicy } from "./request-policy.ts";
import type { SourceName } from "./resolution.ts";

/** Service: one settled entry of the catalog, complete and checked. Options become this once, at the top. */
export interface Service {
  /** As the catalog has it: `orders`, or `metrics:6334` for one port of an alias. */
  readonly key: string;
  /** The host of the caller's URL. */
  readonly name: string;
  readonly scheme: Scheme;
  /** The Service Connect alias' port, which no hosts file knows. */
  readonly port?: number;
  /** Where a task listens when it is called without the proxy. */
  readonly containerPort?: number;
  /** Its name in the hosts file, where that is not the service's own. */
  readonly alias: string;
  /** Its name in Cloud Map, where that is not the service's own. */
  readonly discoveryName: string;
  readonly namespace?: string;
  /** What Cloud Map's API calls the namespace. */
  readonly httpName?: string;
  readonly fixed: readonly FixedAddress[];
  /** The account that owns a shared namespace. */
  readonly ownerAccount?: string;
  /** Attributes that instances must have. */
  readonly queryParameters?: Readonly<Record<string, string>>;
  /** Attributes that are preferred; ignored where no instance has them. */
  readonly optionalParameters?: Readonly<Record<string, string>>;
  readonly request: RequestPolicy;
  readonly balance: Balance;
}

/** What a service speaks. */
export type Scheme = "http" | "https";

/** An address that the user wrote down: trusted as it is, loopback and host names included. */
export interface FixedAddress {
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
}

/** Query: what a source is asked: a service, as the caller's URL names it. */
export interface Query {
  readonly service: Service;
  readonly scheme: Scheme;
  /** The port that the URL named itself. */
  readonly urlPort?: number;
  /** The URL's origin. */
  readonly origin: string;
  /** Queries with the same key get the same answer: the origin, and what is left out. */
  readonly key: string;
  /** Sources that are not asked, because requests have shown that what they give does not work. */
  readonly without?: readonly SourceName[];
}

export function queryOf(service: Service, scheme = service.scheme, urlPort?: number): Query {
  const port = urlPort ?? keyPort(service);
  const origin = `${scheme}://${service.name}${port === undefined ? "" : `:${port}`}`;
  return { service, scheme, origin, key: origin, ...(port === undefined ? {} : { urlPort: port }) };
}

/** The port for a task that is called directly: what was discovered, else what is known, else the scheme's. */
export function directPort(query: Query, discovered?: number): number {
  return discovered ?? configuredPort(query) ?? schemePort(query.scheme);
}

/** The port of a task as far as it is written down somewhere; without one, DNS is asked for SRV records. */
export function configuredPort({ service, urlPort }: Query): number | undefined {
  return service.containerPort ?? urlPort ?? service.port;
}

/** The port of a Service Connect alias. The proxy listens there, wherever the tasks behind it do. */
export function proxyPort({ service, urlPort, scheme }: Query): number {
  return urlPort ?? service.port ?? schemePort(scheme);
}

export function schemePort(scheme: Scheme): number {
  return scheme === "https" ? 443 : 80;
}

/** The environment variable with a service's fixed address: `BYNAME_ORDERS_API_URL` for `orders-api`. */
export function urlVariable(key: string): string {
  return `BYNAME_${key.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_URL`;
}

function keyPort(service: Service): number | undefined {
  return service.key === service.name ? undefined : Number(service.key.slice(service.name.length + 1));
}
