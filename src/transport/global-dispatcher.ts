import { type Dispatcher, type Handler, isCurrent } from "./dispatch.ts";

/**
 * GlobalDispatcher: where undici keeps the dispatcher of a process, and by that the one of Node's own fetch. There are
 * two, one for each generation of handlers (undici's `lib/global.js`).
 */
export const slots = [
  Symbol.for("undici.globalDispatcher.1"),
  Symbol.for("undici.globalDispatcher.2"),
] as const;

type Slots = { [slot: symbol]: Dispatcher | undefined };

export function dispatcherAt(slot: symbol): Dispatcher | undefined {
  return (globalThis as Slots)[slot];
}

export function setDispatcherAt(slot: symbol, dispatcher: Dispatcher): void {
  (globalThis as Slots)[slot] = dispatcher;
}

/** The process's dispatcher that understands this handler. Fetch has set it by the time it dispatches. */
export function globalDispatcherFor(handler: Handler): Dispatcher {
  const [legacy, current] = slots;
  const found = isCurrent(handler) ? (dispatcherAt(current) ?? dispatcherAt(legacy)) : dispatcherAt(legacy);
  if (!found)
    throw new Error(
      "this runtime's fetch has no global dispatcher; byname.fetch needs Node.js 22.19 or later",
    );
  return found;
}

/** Whether requests given to this dispatcher go to an HTTP proxy, where a service's address means nothing. */
export function isProxy(dispatcher: Dispatcher): boolean {
  return /^(EnvHttp|Socks5)?ProxyAgent$/.test(dispatcher.constructor.name);
}
