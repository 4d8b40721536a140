import type { RequestPolicy } from "../ground/request-policy.ts";
import type { Dispatcher, DispatchOptions, Handler } from "./dispatch.ts";
import { type Carry, Exchange, type ExchangeContext } from "./exchange.ts";
import type { Routes } from "./routes.ts";
import type { Traffics } from "./traffic.ts";

export interface Steering extends ExchangeContext {
  readonly routes: Routes;
  readonly traffics: Traffics;
  /** Sees to it that requests are told of, where a program has begun to want that. */
  readonly look?: () => void;
}

export interface SteerOptions {
  readonly steering: Steering;
  /** Where attempts go. */
  readonly carry: Carry;
  /** Where everything else goes. */
  readonly pass: (request: DispatchOptions, handler: Handler) => boolean;
  /** For the requests of this dispatcher alone. */
  readonly policy?: Partial<RequestPolicy> | undefined;
}

/**
 * Steer: a dispatcher that leads each request for a service to one of its endpoints, and lets every other pass. The URL
 * stays what it was; only the connection knows the address.
 */
export function steer({ steering, carry, pass, policy }: SteerOptions): Dispatcher {
  const { routes, traffics } = steering;
  return {
    dispatch(request, handler) {
      const route = routes.match(String(request.origin));
      if (!route) return pass(request, handler);
      steering.look?.();
      const wanted = { route, traffic: traffics.of(route), request, handler, carry, policy };
      new Exchange(steering, wanted).run();
      return true;
    },
  };
}
