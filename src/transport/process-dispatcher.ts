import type { RequestPolicy } from "../ground/request-policy.ts";
import type { Attempt } from "./attempt.ts";
import { watchConnects } from "./connects.ts";
import { type Dispatcher, type DispatchOptions, fail, type Handler } from "./dispatch.ts";
import { behindFronts, globalDispatcherFor, isComposed, isProxy } from "./global-dispatcher.ts";
import { type Steering, steer } from "./steer.ts";

/**
 * ProcessDispatcher: for Node's own fetch. Attempts go by the process's own connections, so undici is not loaded for it.
 * @param base who carries requests out, where that is not the process's own dispatcher at the time of the call.
 */
export function processDispatcher(
  steering: Steering,
  { base, policy }: { base?: Dispatcher | undefined; policy?: Partial<RequestPolicy> | undefined } = {},
): Dispatcher {
  watchConnects();
  return steer({
    steering,
    policy,
    pass: (request, handler) => (base ?? globalDispatcherFor(handler)).dispatch(request, handler),
    carry(attempt, options, handler) {
      attempt.isByProcess = true;
      // An attempt is for an address; what stands in front knows names.
      const used = behindFronts(base ?? globalDispatcherFor(handler));
      if (isProxy(used)) aroundProxy(options, handler);
      else used.dispatch(isComposed(used) ? withService(attempt, options) : options, handler);
    },
  });
}

/**
 * Interceptors such as undici's cache know requests apart by origin and path, and two services may share an address: one
 * after the other, or behind one load balancer. So the service stands in the origin, where it changes nothing else.
 */
function withService({ query }: Attempt, options: DispatchOptions): DispatchOptions {
  const service = encodeURIComponent(new URL(query.origin).host);
  return { ...options, origin: String(options.origin).replace("//", `//${service}@`) };
}

/** Services are reached directly or not at all: to an HTTP proxy that the process is set up to use they mean nothing. */
function aroundProxy(options: DispatchOptions, handler: Handler): void {
  import("./undici.ts")
    .then(({ directDispatcher }) => directDispatcher(handler).dispatch(options, handler))
    .catch((error) => fail(handler, error));
}
