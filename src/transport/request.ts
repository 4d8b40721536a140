import type { Dispatcher } from "undici";
import send from "undici/lib/api/api-request.js";
import type { Resolution } from "../ground/resolution.ts";
import { Attempt } from "./attempt.ts";
import { withHost } from "./host-header.ts";
import { Pools } from "./pools.ts";
import { originOf, type Route } from "./routes.ts";
import type { SteerOptions } from "./steer.ts";
import { plainAgent } from "./undici.ts";

/** What undici's own `request` takes, but for the dispatcher, which is byname's part. */
export type RequestOptions = Omit<Dispatcher.RequestOptions, "origin" | "path" | "method" | "signal"> & {
  readonly method?: Dispatcher.HttpMethod | (string & {});
  readonly signal?: AbortSignal | null;
};

/**
 * Requests: undici's `request` on byname's own pools: the fast way, which leaves the process's fetch and its global
 * dispatcher alone.
 */
export class Requests {
  readonly #with: SteerOptions;
  readonly #pools = new Map<Route, Pools>();
  constructor(context: SteerOptions) {
    this.#with = context;
  }

  request(url: string | URL, options: RequestOptions = {}): Promise<Dispatcher.ResponseData> {
    const { routes, resolver } = this.#with;
    const text = typeof url === "string" ? url : url.href;
    const origin = originOf(text);
    const route = routes.match(origin);
    if (!route) return passThrough(text, options);
    const path = pathOf(text, origin);
    const resolution = resolver.peek(route.query);
    if (resolution) return this.#send(route, resolution, path, options);
    const { inFlight } = this.#with;
    const waiting = {};
    inFlight.start(waiting);
    return resolver
      .resolve(route.query, options.signal ?? undefined)
      .then((found) => this.#send(route, found, path, options))
      .finally(() => inFlight.end(waiting));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pools) => pools.close()));
  }

  async destroy(reason: Error): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pools) => pools.destroy(reason)));
  }

  #send(
    route: Route,
    resolution: Resolution,
    path: string,
    options: RequestOptions,
  ): Promise<Dispatcher.ResponseData> {
    const attempt = new Attempt(route, resolution, { method: options.method, path }, this.#with);
    const pool = this.#poolsOf(route).get(attempt.endpoint, resolution.endpoints);
    const request = {
      ...options,
      method: options.method ?? "GET",
      path,
      headers: withHost(options.headers, route.host),
      servername: attempt.serverName,
    };
    return send.call(pool, request as Dispatcher.RequestOptions).then(
      (response) => {
        attempt.answered(response.statusCode);
        return response;
      },
      (error) => {
        throw options.signal?.aborted ? error : attempt.failed(error);
      },
    );
  }

  #poolsOf(route: Route): Pools {
    let pools = this.#pools.get(route);
    if (!pools) {
      pools = new Pools(route.query.scheme);
      this.#pools.set(route, pools);
    }
    return pools;
  }
}

/** A request to no service of the catalog: what undici would have done with it. */
async function passThrough(text: string, options: RequestOptions): Promise<Dispatcher.ResponseData> {
  const { origin } = new URL(text);
  const request = { ...options, method: options.method ?? "GET", origin, path: pathOf(text, originOf(text)) };
  return send.call(plainAgent(), request as Dispatcher.RequestOptions);
}

/** Path and query. Parsing a URL costs more than the rest of the way, so plain paths are taken as they are. */
function pathOf(text: string, origin: string): string {
  const rest = text.slice(origin.length);
  if (plainPath.test(rest) && !rest.includes("/.")) return rest;
  const { pathname, search } = new URL(text);
  return pathname + search;
}

const plainPath = /^\/[\w\-.~!$&()*+,;=:@%/?]*$/;
