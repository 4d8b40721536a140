import type { Dispatcher } from "./dispatch.ts";
import { isForService } from "./routes.ts";
import { type SteerOptions, steer } from "./steer.ts";

type Fetch = typeof globalThis.fetch;
type FetchInit = NonNullable<Parameters<Fetch>[1]>;

/** Fetch: the process's own fetch at the time of the call, steered. What is no service's it gets as it came. */
export function steeredFetch(options: SteerOptions): Fetch {
  const dispatcher = steer(options);
  return (input, init) => {
    if (!isForService(options.routes, input)) return globalThis.fetch(input, init);
    const own = (init as { dispatcher?: Dispatcher } | undefined)?.dispatcher;
    const used = own ? steer({ ...options, base: own }) : dispatcher;
    return globalThis.fetch(input, { ...init, dispatcher: used } as unknown as FetchInit);
  };
}
