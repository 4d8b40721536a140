import { type Query, queryOf, type Scheme, type Service, schemePort } from "./service.ts";

/** Catalog: the services that byname answers for, by key. */
export type Catalog = ReadonlyMap<string, Service>;

/**
 * The query for a host and port. An entry for that very port (`metrics:6334`) wins over one for all of them, and so
 * does one for the scheme's own port (`orders:80`), which URLs leave out.
 */
export function queryFor(catalog: Catalog, name: string, port?: number, scheme?: Scheme): Query | undefined {
  const exact = port ?? (scheme && schemePort(scheme));
  const service = (exact && catalog.get(`${name}:${exact}`)) || catalog.get(name);
  return service && queryOf(service, scheme, port);
}
