import { type Query, queryOf, type Scheme, type Service } from "./service.ts";

/** Catalog: the services that byname answers for, by key. */
export type Catalog = ReadonlyMap<string, Service>;

/** The query for a host and port; an entry for that very port (`metrics:6334`) wins over one for all of them. */
export function queryFor(catalog: Catalog, name: string, port?: number, scheme?: Scheme): Query | undefined {
  const service = (port === undefined ? undefined : catalog.get(`${name}:${port}`)) ?? catalog.get(name);
  return service && queryOf(service, scheme, port);
}
