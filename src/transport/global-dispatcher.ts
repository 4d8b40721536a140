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

/** The globals of the process: jest gives each test file others, by which Node's fetch does not go. */
const globals: Slots = process.getBuiltinModule("node:vm").runInThisContext("globalThis");

export function dispatcherAt(slot: symbol): Dispatcher | undefined {
  return globals[slot];
}

export function setDispatcherAt(slot: symbol, dispatcher: Dispatcher): void {
  globals[slot] = dispatcher;
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

/** What an installation knows of the dispatcher that it put in front of another. */
export interface Front {
  readonly base: Dispatcher;
  readonly dispatcher: Dispatcher;
  isOn: boolean;
}

/** Where a dispatcher in front tells of itself, to other copies of the package too. */
export const frontKey = Symbol.for("byname.front");

export function frontOf(dispatcher: Dispatcher | undefined): Front | undefined {
  const front = (dispatcher as { [frontKey]?: Front } | undefined)?.[frontKey];
  // What someone composed on a front shows its properties, and is none.
  return front?.dispatcher === dispatcher ? front : undefined;
}

/** The dispatcher behind all installations, for a request that has been led to an endpoint already. */
export function behindFronts(dispatcher: Dispatcher): Dispatcher {
  const front = frontOf(dispatcher);
  return front ? behindFronts(front.base) : dispatcher;
}

/** Whether requests given to this dispatcher go to an HTTP proxy, where a service's address means nothing. */
export function isProxy(dispatcher: Dispatcher): boolean {
  return /^(EnvHttp|Socks5)?ProxyAgent$/.test(inside(dispatcher).constructor?.name ?? "");
}

/** Whether there are interceptors in this dispatcher: undici's `compose` makes a proxy object around the one below. */
export function isComposed(dispatcher: Dispatcher): boolean {
  return isProxyObject(inside(dispatcher));
}

/** So undici 8 shows its dispatchers to the fetch of Node 22 and 24; what is inside stands at the other place. */
function inside(dispatcher: Dispatcher): Dispatcher {
  const isWrapper = dispatcher.constructor?.name === "Dispatcher1Wrapper";
  const found = isWrapper ? dispatcherAt(slots[1]) : undefined;
  return found ? behindFronts(found) : dispatcher;
}

const { isProxy: isProxyObject } = process.getBuiltinModule("node:util").types;
