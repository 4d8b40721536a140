import type { Dispatcher as Undici } from "undici";
import send from "undici/lib/api/api-request.js";
import { readRequestPolicy } from "../ground/read-options.ts";
import type { RequestPolicy } from "../ground/request-policy.ts";
import { withEncodedBody } from "./body.ts";
import type { Dispatcher } from "./dispatch.ts";
import { OwnPools } from "./own-pools.ts";
import { originOf } from "./routes.ts";
import { type Steering, type SteerOptions, steer } from "./steer.ts";
import { directDispatcher } from "./undici.ts";

/** What undici's own `request` takes, but for the dispatcher, which is byname's part. */
export type RequestOptions = Omit<Undici.RequestOptions, "origin" | "path" | "method" | "signal"> & {
  readonly method?: Undici.HttpMethod | (string & {});
  readonly signal?: AbortSignal | null;
  /** For this request alone, where it differs from its service's. */
  readonly byname?: Partial<RequestPolicy>;
};

/**
 * Requests: undici's `request` on byname's own pools: the fast way, which leaves the process's fetch and its global
 * dispatcher alone.
 */
export class Requests {
  readonly #options: SteerOptions;
  readonly #pools = new OwnPools();
  readonly #own: Dispatcher;
  /** The way of these requests, for those that are made by an undici of the caller's own. */
  readonly dispatcher: Dispatcher;

  constructor(steering: Steering) {
    this.#options = {
      steering,
      pass: (request, handler) => directDispatcher(handler).dispatch(request, handler),
      carry: (attempt, options, handler) => this.#pools.carry(attempt, options, handler),
    };
    this.#own = steer(this.#options);
    this.dispatcher = { dispatch: (given, handler) => this.#own.dispatch(withEncodedBody(given), handler) };
  }

  request(url: string | URL, options: RequestOptions = {}): Promise<Undici.ResponseData> {
    try {
      return this.#send(url, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #send(url: string | URL, options: RequestOptions): Promise<Undici.ResponseData> {
    const text = typeof url === "string" ? url : url.href;
    const written = originOf(text);
    const isForService = this.#options.steering.routes.match(written) !== undefined;
    const request = {
      ...withEncodedBody(options),
      method: options.method ?? "GET",
      origin: isForService ? written : new URL(text).origin,
      path: pathOf(text, written),
    };
    const policy = readRequestPolicy(options.byname, "options.byname");
    const dispatcher = policy ? steer({ ...this.#options, policy }) : this.#own;
    return send.call(dispatcher as Pick<Undici, "dispatch">, request as Undici.RequestOptions);
  }

  close(): Promise<void> {
    return this.#pools.close();
  }

  destroy(reason: Error): Promise<void> {
    return this.#pools.destroy(reason);
  }
}

/** Path and query. Parsing a URL costs more than the rest of the way, so plain paths are taken as they are. */
export function pathOf(text: string, origin: string): string {
  const rest = text.slice(origin.length);
  if (plainPath.test(rest) && !dotSegment.test(rest) && !rest.endsWith("?")) return rest;
  const { pathname, search } = new URL(text);
  return pathname + search;
}

const plainPath = /^\/[\w\-.~!$&()*+,;=:@%/?]*$/;
const dotSegment = /\/(?:\.|%2e)/i;
