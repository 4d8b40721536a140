import { isDeepStrictEqual } from "node:util";
import { type Byname, type BynameOptions, createByname, type Fetch } from "byname";

/**
 * Registration: the one byname of a process. Next.js loads a module once for each of its entries (instrumentation,
 * pages, proxy), and again after an edit, so it is kept where every copy of this module finds it.
 */
interface Registration {
  /** A copy, so that a change of what was given can be seen. */
  readonly options: unknown;
  readonly byname: Byname;
}

/**
 * What `instrumentation.ts` calls, or exports as it is: from here on the services are known to plain `fetch`, and are
 * looked up ahead of the first request. Called again it changes nothing; with other options, these hold from then on.
 * A function among them (`scope`, a picker, a source's `lookup`) is another one where it is written within the call:
 * keep it in a constant beside, or every call begins anew.
 * Next.js awaits it before the first request, and does not call it during `next build`.
 * @param options may be left out where the catalog is in a file that `BYNAME_CONFIG` names.
 * @throws ConfigError where an option is wrong; what was registered before stays.
 */
export async function register(options: BynameOptions = {}): Promise<void> {
  const before = registered();
  const { byname } = before && isDeepStrictEqual(before.options, copyOf(options)) ? before : put(options);
  await byname.install();
  void byname.prefetch();
  if (before && before.byname !== byname) void before.byname.close();
}

/**
 * The process's own `fetch` at the time of the call, as Next.js has extended it (`next: { revalidate, tags }`, `cache`),
 * and byname's `fetch` for services: with `byname` in its second argument, and without `register` where the catalog
 * is in the environment. Cache keys hold the URL as it is written, never an address.
 * @throws TypeError as fetch does; its `cause` is what byname found.
 */
export const fetch: Fetch = (input, init) => {
  try {
    return byname().fetch(input, init);
  } catch (cause) {
    return Promise.reject(new TypeError("fetch failed", { cause }));
  }
};

/**
 * The process's byname, for what is not fetch: `byname().request(…)`, `.resolve(…)`, `.agent`. To be asked for at each
 * use, since another one may have been registered meanwhile.
 * @throws ConfigError where nothing is registered and the environment's catalog is wrong.
 */
export function byname(): Byname {
  return (registered() ?? put({})).byname;
}

const key = Symbol.for("byname.next");
const slot = globalThis as { [key]?: Registration };

function registered(): Registration | undefined {
  return slot[key];
}

function put(options: BynameOptions): Registration {
  const registration = { byname: createByname(options), options: copyOf(options) };
  slot[key] = registration;
  return registration;
}

/** Copies what is plain data. Functions stay the same ones, and so does what a list holds: texts and own sources. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  if (!/^\[object (Object|Module)\]$/.test(Object.prototype.toString.call(value))) return value;
  return Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, copyOf(one)]));
}
