import type { Clock } from "../ground/clock.ts";
import type { Resolution } from "../ground/resolution.ts";
import type { Resolver } from "../resolve/resolver.ts";
import { Attempt } from "./attempt.ts";
import { type Dispatcher, type DispatchOptions, fail, type Handler } from "./dispatch.ts";
import { globalDispatcherFor, isProxy } from "./global-dispatcher.ts";
import { withHost } from "./host-header.ts";
import type { InFlight } from "./in-flight.ts";
import type { Route, Routes } from "./routes.ts";
import { tracked } from "./tracked.ts";

export interface SteerOptions {
  readonly routes: Routes;
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  /** Who carries requests out: undefined for the process's own dispatcher at the time of the call. */
  readonly base?: Dispatcher;
}

/**
 * Steer: a dispatcher for Node's own fetch that leads each request for a service to one of its endpoints, and lets
 * every other pass. The URL stays what it was; only the connection knows the address. It never loads undici.
 */
export function steer(options: SteerOptions): Dispatcher {
  const { routes, resolver, inFlight } = options;
  return {
    dispatch(request, handler) {
      const route = routes.match(String(request.origin));
      if (!route) return (options.base ?? globalDispatcherFor(handler)).dispatch(request, handler);
      const resolution = resolver.peek(route.query);
      if (resolution) return send(options, route, resolution, request, handler);
      inFlight.start(handler);
      resolver
        .resolve(route.query)
        .then((found) => send(options, route, found, request, handler))
        .catch((error) => fail(handler, error))
        .finally(() => inFlight.end(handler));
      return true;
    },
  };
}

function send(
  options: SteerOptions,
  route: Route,
  resolution: Resolution,
  request: DispatchOptions,
  handler: Handler,
): boolean {
  const attempt = new Attempt(route, resolution, request, options);
  const steered = {
    ...request,
    origin: attempt.origin,
    headers: withHost(request.headers, route.host),
    servername: attempt.serverName,
  };
  const tracker = tracked(handler, attempt, options.inFlight);
  const base = options.base ?? globalDispatcherFor(handler);
  if (!isProxy(base)) return base.dispatch(steered, tracker);
  direct()
    .then((dispatcher) => dispatcher.dispatch(steered, tracker))
    .catch((error) => fail(tracker, error));
  return true;
}

/** Around an HTTP proxy that the process is set up to use. Services are reached directly or not at all. */
async function direct(): Promise<Dispatcher> {
  const { directDispatcher } = await import("./undici.ts");
  return directDispatcher();
}
