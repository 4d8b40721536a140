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
    // Fetch refuses it in its own words.
    if (init && Object(init) !== init) return globalThis.fetch(input, init);
    try {
      const { byname, dispatcher: base } = (init ?? {}) as { byname?: unknown; dispatcher?: Dispatcher };
      const policy = policyOf(byname);
      const dispatcher = base || policy ? processDispatcher(steering, { base, policy }) : usual;
      return globalThis.fetch(input, { ...fieldsOf(init), dispatcher } as unknown as PlainInit);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/** @throws TypeError as fetch does where it cannot begin */
function policyOf(byname: unknown): Partial<RequestPolicy> | undefined {
  try {
    return readRequestPolicy(byname, "init.byname");
  } catch (cause) {
    throw new TypeError("fetch failed", { cause });
  }
}

/** What fetch reads of its init; it may be inherited, as all fields of a Request are. */
function fieldsOf(init: PlainInit | undefined): PlainInit | undefined {
  if (!init || Object.getPrototypeOf(init) === Object.prototype) return init;
  const found: Record<string, unknown> = { ...init };
  for (const field of fields) found[field] ??= (init as Record<string, unknown>)[field];
  return found;
}

const fields = [
  ...["method", "headers", "body", "signal", "redirect", "duplex", "keepalive", "integrity", "priority"],
  ...["cache", "credentials", "mode", "referrer", "referrerPolicy", "window"],
];
