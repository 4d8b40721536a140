import type { RequestPolicy } from "../ground/request-policy.ts";
import { type Dispatcher, type DispatchOptions, fail, type Handler } from "./dispatch.ts";
import { behindFronts, globalDispatcherFor, isProxy } from "./global-dispatcher.ts";
import { type Steering, steer } from "./steer.ts";

/**
 * ProcessDispatcher: for Node's own fetch. Attempts go by the process's own connections, so undici is not loaded for it.
 * @param base who carries requests out, where that is not the process's own dispatcher at the time of the call.
 */
export function processDispatcher(
  steering: Steering,
  { base, policy }: { base?: Dispatcher | undefined; policy?: Partial<RequestPolicy> | undefined } = {},
): Dispatcher {
  return steer({
    steering,
    policy,
    pass: (request, handler) => (base ?? globalDispatcherFor(handler)).dispatch(request, handler),
    carry(_attempt, options, handler) {
      // An attempt is for an address; what stands in front knows names.
      const used = behindFronts(base ?? globalDispatcherFor(handler));
      if (isProxy(used)) aroundProxy(options, handler);
      else used.dispatch(options, handler);
    },
  });
}

/** Services are reached directly or not at all: to an HTTP proxy that the process is set up to use they mean nothing. */
function aroundProxy(options: DispatchOptions, handler: Handler): void {
  import("./undici.ts")
    .then(({ directDispatcher }) => directDispatcher(handler).dispatch(options, handler))
    .catch((error) => fail(handler, error));
}
