import type { Protocol } from "./endpoints.ts";
import type { Where } from "./fleet.ts";

/** A contender: one way of calling a service by its name. */
export interface Contender {
  /** One GET, its body read to the end. @returns the status. */
  call(path: string): Promise<number>;
  close(): Promise<void>;
}

/** What each file in `contenders/` exports as `open`. */
export type Open = (where: Where) => Contender | Promise<Contender>;

export interface Entry {
  /** The file's name, without its ending. */
  readonly name: string;
  readonly title: string;
  readonly speaks: Protocol;
}

export const contenders: readonly Entry[] = [
  { name: "byname", title: "byname.request", speaks: "http" },
  { name: "byname-fetch", title: "byname.fetch", speaks: "http" },
  { name: "byname-round-robin", title: "byname.request, roundRobin (control)", speaks: "http" },
  { name: "undici-dns", title: "undici, dns interceptor", speaks: "http" },
  { name: "undici-dns-retry", title: "undici, dns and retry interceptors", speaks: "http" },
  { name: "balanced-pool", title: "undici BalancedPool, retry interceptor", speaks: "http" },
  { name: "cacheable-lookup", title: "node:http, cacheable-lookup", speaks: "http" },
  { name: "grpc", title: "grpc-js, round_robin", speaks: "grpc" },
  { name: "fetch", title: "fetch on a name", speaks: "http" },
];
