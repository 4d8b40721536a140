import type { Dispatcher as UndiciDispatcher } from "undici";
import Agent from "undici/lib/dispatcher/agent.js";
import Dispatcher1Wrapper from "undici/lib/dispatcher/dispatcher1-wrapper.js";
import { defaults } from "../ground/defaults.ts";
import { type Dispatcher, type Handler, isCurrent } from "./dispatch.ts";

/** Sockets are dropped before a peer or a NAT in between forgets them, also after the process stood still. */
export const connectionOptions = {
  connect: { timeout: defaults.connectTimeout },
  keepAliveTimeout: defaults.keepAlive,
  keepAliveMaxTimeout: defaults.keepAliveMost,
} as const;

/** What undici itself would put at the place of the process's dispatcher. */
export function plainDispatcher(): Dispatcher {
  return new Agent() as unknown as Dispatcher;
}

let agent: UndiciDispatcher | undefined;

/** One agent a process for what belongs to no service. */
function plainAgent(): UndiciDispatcher {
  agent ??= new Agent(connectionOptions);
  return agent;
}

/** The same, as this handler can use it: one of undici up to 7, or of Node's own fetch up to 24, takes a wrapper. */
export function directDispatcher(handler: Handler): Dispatcher {
  const used = isCurrent(handler) ? plainAgent() : new Dispatcher1Wrapper(plainAgent());
  return used as unknown as Dispatcher;
}
