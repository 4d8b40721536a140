import type { Dispatcher as Undici } from "undici";
import type { DispatchOptions, Handler } from "./dispatch.ts";
import { type Dispatcher, fail } from "./dispatch.ts";

/**
 * UndiciDispatcher: what undici 6, 7 and 8, and Node's own fetch, take for a dispatcher. They ask it for nothing but
 * `dispatch`; their types name the rest, which is not there.
 */
export type UndiciDispatcher = {
  readonly [Member in Exclude<keyof Undici, "dispatch">]: never;
} & {
  /** Any of them, with its own types for both. */
  // biome-ignore lint/suspicious/noExplicitAny: the types of three versions do not agree
  readonly dispatch: (options: any, handler: any) => boolean;
};

/** A dispatcher that is there at once, and loads what it does with its first request. */
export function lazyDispatcher(ready: () => Dispatcher | Promise<Dispatcher>): UndiciDispatcher {
  const dispatcher: Dispatcher = {
    dispatch(given: DispatchOptions & { dispatcher?: unknown }, handler: Handler) {
      // undici 6 and 7 leave this one among the options, which 8 takes for a mistake.
      const { dispatcher: _, ...options } = given;
      const found = ready();
      if ("dispatch" in found) return found.dispatch(options, handler);
      found.then((loaded) => loaded.dispatch(options, handler)).catch((error) => fail(handler, error));
      return true;
    },
  };
  return dispatcher as UndiciDispatcher;
}
