import type { Clock } from "../ground/clock.ts";
import { type Endpoint, originAt } from "../ground/endpoint.ts";
import { briefly, RequestError } from "../ground/errors.ts";
import { events } from "../ground/events.ts";
import type { Resolution } from "../ground/resolution.ts";
import type { Resolver } from "../resolve/resolver.ts";
import type { Route } from "./routes.ts";

/** Attempt: one try at one endpoint, from the pick to its outcome. */
export class Attempt {
  readonly route: Route;
  readonly endpoint: Endpoint;
  readonly #resolution: Resolution;
  readonly #with: { readonly resolver: Resolver; readonly clock: Clock };
  readonly #request: { readonly method?: string | undefined; readonly path: string };
  readonly #started: number;
  #hasHeaders = false;

  constructor(
    route: Route,
    resolution: Resolution,
    request: { method?: string | undefined; path: string },
    context: { readonly resolver: Resolver; readonly clock: Clock },
  ) {
    this.route = route;
    this.endpoint = route.picker.pick(resolution.endpoints);
    this.#resolution = resolution;
    this.#with = context;
    this.#request = request;
    this.#started = context.clock.monotonic();
  }

  get origin(): string {
    return originAt(this.endpoint, this.route.query.scheme);
  }

  /** The name that TLS asks for and checks. */
  get serverName(): string {
    return this.endpoint.serverName ?? this.route.query.service.name;
  }

  answered(status: number): void {
    // An informational answer (1xx) comes before the real one.
    if (this.#hasHeaders || status < 200) return;
    this.#hasHeaders = true;
    if (events["byname:attempt"].hasSubscribers) this.#announce({ status });
  }

  /** The error that the caller gets. One after the headers belongs to the body and stays what it is. */
  failed(error: unknown): unknown {
    if (this.#hasHeaders || isAbort(error)) return error;
    const { query } = this.route;
    const { source } = this.#resolution;
    const ms = this.#with.clock.monotonic() - this.#started;
    if (events["byname:attempt"].hasSubscribers) this.#announce({ error: briefly(error) });
    this.#with.resolver.doubt(query);
    const attempt = { source, endpoint: this.endpoint, error: briefly(error), ms };
    return new RequestError(query.service.key, [attempt], error);
  }

  #announce(outcome: { status: number } | { error: string }): void {
    const { source, stale } = this.#resolution;
    const { method = "GET", path } = this.#request;
    events["byname:attempt"].publish({
      service: this.route.query.service.key,
      source,
      stale,
      endpoint: this.endpoint,
      method,
      path: path.split("?", 1)[0]!,
      ...outcome,
      ms: this.#with.clock.monotonic() - this.#started,
    });
  }
}

function isAbort(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === "AbortError" || name === "TimeoutError" || code === "UND_ERR_ABORTED";
}
