import { Agent, type Dispatcher, interceptors } from "undici";
import type { Open } from "../contenders.ts";
import { byDispatcher, connections, dns } from "./undici-dns.ts";

/** undici with its dns interceptor, and with its retry interceptor around it, so that a retry takes the next address. */
export const open: Open = (where) => byDispatcher(where, new Agent(connections).compose(dns(where), retry()));

/**
 * Five retries as it comes, but the first of them after 25 ms, as byname's, instead of half a second; and with the
 * error of a connection that takes too long, which its own list leaves out.
 */
export function retry(): Dispatcher.DispatcherComposeInterceptor {
  return interceptors.retry({ minTimeout: 25, errorCodes: [...usual, "UND_ERR_CONNECT_TIMEOUT"] });
}

/** Those that undici 8 names by itself. */
const usual = [
  "ECONNRESET",
  "ECONNREFUSED",
  "ENOTFOUND",
  "ENETDOWN",
  "ENETUNREACH",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EPIPE",
  "UND_ERR_SOCKET",
];
