import { type Catalog, queryFor } from "../ground/catalog.ts";
import { defaults } from "../ground/defaults.ts";
import type { Query } from "../ground/service.ts";

/** Route: what byname does with the requests to one origin of the catalog. */
export interface Route {
  readonly query: Query;
  /** The header with the logical host, which HTTP/2 shows as `:authority`: one list for all requests that set none. */
  readonly host: HostHeader;
}

export type HostHeader = readonly ["host", string];

/** Routes: the origins that belong to a service. Any other passes through untouched. */
export class Routes {
  readonly #catalog: Catalog;
  readonly #known = new Map<string, Route>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** The route for an origin such as `http://orders:8080`, or undefined where it is nobody's here. */
  match(origin: string): Route | undefined {
    return this.#known.get(origin) ?? this.#learn(origin);
  }

  #learn(origin: string): Route | undefined {
    if (!URL.canParse(origin)) return undefined;
    const { protocol, hostname, host, port, href } = new URL(origin);
    if (protocol !== "http:" && protocol !== "https:") return undefined;
    const scheme = protocol === "https:" ? "https" : "http";
    const query = queryFor(this.#catalog, hostname, port === "" ? undefined : Number(port), scheme);
    if (!query) return undefined;
    const route = this.#known.get(query.origin) ?? { query, host: ["host", host] };
    // Callers choose the spelling and the port, so what is remembered of them is bounded.
    if (this.#known.size < defaults.maxServices) {
      this.#known.set(query.origin, route);
      if (href === `${protocol}//${host}/`) this.#known.set(origin, route);
    }
    return route;
  }
}

/** Whether byname has anything to do with what fetch was given. */
export function isForService(routes: Routes, input: string | URL | Request): boolean {
  const url = typeof input === "string" ? input : textOf(input);
  return url !== undefined && routes.match(originOf(url)) !== undefined;
}

/** @returns undefined for what cannot be read, which is fetch's to refuse: it rejects, and does not throw */
function textOf(input: URL | Request): string | undefined {
  try {
    return String((input as Partial<Request> | null)?.url ?? input);
  } catch {
    return undefined;
  }
}

/**
 * The origin as it is written at the start of a URL; cheaper than parsing, and only a key to look up. The whole URL
 * where it is written in a way that takes a parser to find it.
 */
export function originOf(url: string): string {
  const colon = url.indexOf(":");
  const start = colon + 3;
  if (colon < 0 || !url.startsWith("//", colon + 1) || isEnd(url.charCodeAt(start))) return url;
  for (let i = start; i < url.length; i++) {
    if (isEnd(url.charCodeAt(i))) return url.slice(0, i);
  }
  return url;
}

function isEnd(char: number): boolean {
  return char === slash || char === question || char === hash || char === backslash;
}

const slash = 0x2f;
const question = 0x3f;
const hash = 0x23;
const backslash = 0x5c;
