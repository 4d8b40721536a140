import type { Scheme } from "./service.ts";

/** Endpoint: one address and port where a service can be reached. */
export interface Endpoint {
  /** An IPv4 or IPv6 address without brackets. Only a `fixed` endpoint may carry a host name. */
  readonly address: string;
  readonly port: number;
  /** Availability zone by name (`eu-west-1a`), where the source tells it. */
  readonly zone?: string;
  /** The instance's id: with ECS the task id. */
  readonly id?: string;
  /** Relative share of the traffic; sources that know no weights leave it out. */
  readonly weight?: number;
  /** Set where the endpoint speaks another scheme than the caller's URL (a `fixed` address). */
  readonly scheme?: Scheme;
  /** Set where TLS is checked against another name than the service's (a `fixed` host name). */
  readonly serverName?: string;
}

/** What a source found: an endpoint whose port may be for the catalog to say. */
export type FoundEndpoint = Omit<Endpoint, "port"> & { readonly port?: number };

/** `address:port` as it stands in a URL, IPv6 addresses in brackets (RFC 3986, section 3.2.2). */
export function authority(endpoint: Pick<Endpoint, "address" | "port">): string {
  const { address, port } = endpoint;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The URL origin of an endpoint: where to connect, which no caller ever sees. */
export function originAt(endpoint: Endpoint, scheme: Scheme): string {
  return `${endpoint.scheme ?? scheme}://${authority(endpoint)}`;
}

/** Whether two lists hold the same endpoints, in whatever order. */
export function sameEndpoints(a: readonly Endpoint[], b: readonly Endpoint[]): boolean {
  const known = new Set(a.map(identity));
  const other = new Set(b.map(identity));
  return known.size === other.size && [...other].every((one) => known.has(one));
}

function identity(endpoint: Endpoint): string {
  const { id, zone, weight, scheme, serverName } = endpoint;
  return [id, authority(endpoint), zone, weight, scheme, serverName].join("|");
}
