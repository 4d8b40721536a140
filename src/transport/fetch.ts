import { readRequestPolicy } from "../ground/read-options.ts";
import type { RequestPolicy } from "../ground/request-policy.ts";
import type { Dispatcher } from "./dispatch.ts";
import { processDispatcher } from "./process-dispatcher.ts";
import type { Steering } from "./steer.ts";

type PlainFetch = typeof globalThis.fetch;
type PlainInit = NonNullable<Parameters<PlainFetch>[1]>;

/** The platform's fetch, with one more field in its second argument. */
export type Fetch = (
  input: Parameters<PlainFetch>[0],
  init?: PlainInit & {
    /** For this request alone, where it differs from its service's. */
    readonly byname?: Partial<RequestPolicy>;
  },
) => ReturnType<PlainFetch>;

/** Fetch: the process's own fetch at the time of the call, steered. What is no service's need not come here. */
export function steeredFetch(steering: Steering): Fetch {
  const usual = processDispatcher(steering);
  return (input, init) => {
    const { byname, dispatcher: base } = (init ?? {}) as { byname?: unknown; dispatcher?: Dispatcher };
    try {
      const policy = readRequestPolicy(byname, "init.byname");
      const dispatcher = base || policy ? processDispatcher(steering, { base, policy }) : usual;
      return globalThis.fetch(input, { ...init, dispatcher } as unknown as PlainInit);
    } catch (cause) {
      return Promise.reject(new TypeError("fetch failed", { cause }));
    }
  };
}
