import { readRequestPolicy } from "../ground/read-options.ts";
import type { RequestPolicy } from "../ground/request-policy.ts";
import type { Dispatcher } from "./dispatch.ts";
import { lazyDispatcher } from "./dispatcher.ts";

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

/** The dispatcher for one request: who carries it out, where the caller says so, and what it wants otherwise. */
export type DispatcherFor = (wanted: {
  readonly base?: Dispatcher | undefined;
  readonly policy?: Partial<RequestPolicy> | undefined;
}) => Dispatcher;

/**
 * Fetch: the process's own fetch at the time of the call, steered. It reads what it is given at once, also while
 * what steers it is still being loaded. What is no service's need not come here.
 */
export function steeredFetch(ready: () => DispatcherFor | Promise<DispatcherFor>): Fetch {
  let usual: Dispatcher | undefined;
  const dispatcherFor = (wanted: Parameters<DispatcherFor>[0]): Dispatcher => {
    const found = ready();
    if (typeof found !== "function") {
      // Fetch may fail before it asks for it.
      found.catch(() => {});
      return lazyDispatcher(() => found.then((loaded) => loaded(wanted)));
    }
    if (wanted.base || wanted.policy) return found(wanted);
    usual ??= found({});
    return usual;
  };
  return (input, init) => {
    const given = init ?? {};
    // Fetch refuses it in its own words.
    if (Object(given) !== given) return globalThis.fetch(input, init);
    try {
      const { byname, dispatcher: base } = given as { byname?: unknown; dispatcher?: Dispatcher };
      const dispatcher = dispatcherFor({ base, policy: policyOf(byname) });
      return globalThis.fetch(input, { ...fieldsOf(given), dispatcher } as unknown as PlainInit);
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
function fieldsOf(init: PlainInit): PlainInit {
  if (Object.getPrototypeOf(init) === Object.prototype) return init;
  const found: Record<string, unknown> = { ...init };
  for (const field of fields) found[field] ??= (init as Record<string, unknown>)[field];
  return found;
}

const fields = [
  ...["method", "headers", "body", "signal", "redirect", "duplex", "keepalive", "integrity", "priority"],
  ...["cache", "credentials", "mode", "referrer", "referrerPolicy", "window"],
];
