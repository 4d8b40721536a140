import Pool from "undici/lib/dispatcher/pool.js";
import { type Endpoint, originAt } from "../ground/endpoint.ts";
import type { Scheme } from "../ground/service.ts";
import { connectionOptions } from "./undici.ts";

/**
 * Pools: one pool of connections for each endpoint of one service. The pool of an endpoint that left is drained:
 * what is under way on it ends in peace.
 */
export class Pools {
  readonly #scheme: Scheme;
  readonly #options: typeof connectionOptions & { readonly allowH2: boolean };
  readonly #open = new Map<string, Pool>();
  readonly #draining = new Set<Pool>();
  /** The same pools by endpoint, for as long as the list of endpoints stays the same one. */
  readonly #of = new Map<Endpoint, Pool>();
  #endpoints: readonly Endpoint[] = [];

  constructor(scheme: Scheme, allowH2: boolean) {
    this.#scheme = scheme;
    this.#options = { ...connectionOptions, allowH2 };
  }

  /** @param endpoints the list that the endpoint was picked from; pools of others are drained. */
  get(endpoint: Endpoint, endpoints: readonly Endpoint[]): Pool {
    if (endpoints !== this.#endpoints) this.#follow(endpoints);
    return this.#of.get(endpoint) ?? this.#find(endpoint);
  }

  async close(): Promise<void> {
    // undici refuses to close what is destroyed, or has been closed to its end.
    await Promise.all(this.#all().map((pool) => (pool.destroyed ? undefined : pool.close())));
  }

  async destroy(reason: Error): Promise<void> {
    await Promise.all(this.#all().map((pool) => pool.destroy(reason)));
  }

  #all(): Pool[] {
    return [...this.#open.values(), ...this.#draining];
  }

  #find(endpoint: Endpoint): Pool {
    const key = this.#key(endpoint);
    const pool = this.#open.get(key) ?? new Pool(originAt(endpoint, this.#scheme), this.#options);
    this.#open.set(key, pool);
    this.#of.set(endpoint, pool);
    return pool;
  }

  #follow(endpoints: readonly Endpoint[]): void {
    this.#endpoints = endpoints;
    this.#of.clear();
    const here = new Set(endpoints.map((endpoint) => this.#key(endpoint)));
    for (const [key, pool] of this.#open) {
      if (here.has(key)) continue;
      this.#open.delete(key);
      this.#draining.add(pool);
      void pool.close().finally(() => this.#draining.delete(pool));
    }
  }

  /** TLS is checked when a connection is made, so connections made for different names are not shared. */
  #key(endpoint: Endpoint): string {
    return `${originAt(endpoint, this.#scheme)} ${endpoint.serverName ?? ""}`;
  }
}
