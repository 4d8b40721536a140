import Pool from "undici/lib/dispatcher/pool.js";
import { defaults } from "../ground/defaults.ts";
import { type Endpoint, originAt } from "../ground/endpoint.ts";
import type { Scheme } from "../ground/service.ts";
import { connectionOptions } from "./undici.ts";

/**
 * Pools: one pool of connections for each endpoint of one service. The pool of an endpoint that left, or that has grown
 * old, is drained: what is under way on it ends in peace.
 */
export class Pools {
  readonly #scheme: Scheme;
  readonly #options: typeof connectionOptions & { readonly allowH2: boolean };
  readonly #open = new Map<string, Aging>();
  readonly #draining = new Set<Pool>();
  /** The same pools by endpoint, for as long as the list of endpoints stays the same one. */
  readonly #of = new Map<Endpoint, Aging>();
  #endpoints: readonly Endpoint[] = [];

  constructor(scheme: Scheme, allowH2: boolean) {
    this.#scheme = scheme;
    this.#options = { ...connectionOptions, allowH2 };
  }

  /**
   * @param endpoints the list that the endpoint was picked from; pools of others are drained.
   * @param now the monotonic clock's reading in milliseconds.
   */
  get(endpoint: Endpoint, endpoints: readonly Endpoint[], now: number): Pool {
    if (endpoints !== this.#endpoints) this.#follow(endpoints);
    const known = this.#of.get(endpoint);
    return known && now < known.until ? known.pool : this.#find(endpoint, now);
  }

  async close(): Promise<void> {
    // undici refuses to close what is destroyed, or has been closed to its end.
    await Promise.all(this.#all().map((pool) => (pool.destroyed ? undefined : pool.close())));
  }

  async destroy(reason: Error): Promise<void> {
    await Promise.all(this.#all().map((pool) => pool.destroy(reason)));
  }

  #all(): Pool[] {
    return [...[...this.#open.values()].map(({ pool }) => pool), ...this.#draining];
  }

  // Not by undici's `clientTtl`: with that, each request looks at the age of every connection.
  #find(endpoint: Endpoint, now: number): Pool {
    const key = this.#key(endpoint);
    const known = this.#open.get(key);
    const isYoung = known && now < known.until;
    if (known && !isYoung) this.#drain(known);
    const aging = isYoung ? known : this.#make(endpoint, now);
    this.#open.set(key, aging);
    this.#of.set(endpoint, aging);
    return aging.pool;
  }

  #make(endpoint: Endpoint, now: number): Aging {
    const pool = new Pool(originAt(endpoint, this.#scheme), this.#options);
    return { pool, until: now + defaults.connectionAge };
  }

  #follow(endpoints: readonly Endpoint[]): void {
    this.#endpoints = endpoints;
    this.#of.clear();
    const here = new Set(endpoints.map((endpoint) => this.#key(endpoint)));
    for (const [key, aging] of this.#open) {
      if (here.has(key)) continue;
      this.#open.delete(key);
      this.#drain(aging);
    }
  }

  #drain({ pool }: Aging): void {
    this.#draining.add(pool);
    void pool.close().finally(() => this.#draining.delete(pool));
  }

  /** TLS is checked when a connection is made, so connections made for different names are not shared. */
  #key(endpoint: Endpoint): string {
    return `${originAt(endpoint, this.#scheme)} ${endpoint.serverName ?? ""}`;
  }
}

interface Aging {
  readonly pool: Pool;
  /** When it is too old for new requests, by the monotonic clock. */
  readonly until: number;
}
