import { LRUCache } from "lru-cache";
import type { Dispatcher as Undici } from "undici";
import Dispatcher1Wrapper from "undici/lib/dispatcher/dispatcher1-wrapper.js";
import type { Balancer } from "../balance/balancer.ts";
import { defaults } from "../ground/defaults.ts";
import type { Scheme } from "../ground/service.ts";
import type { Attempt } from "./attempt.ts";
import { type DispatchOptions, type Handler, isCurrent } from "./dispatch.ts";
import { Pools } from "./pools.ts";

/** OwnPools: byname's own connections, by route; those of the routes that were not called for longest make room. */
export class OwnPools {
  readonly #current = known((pools) => this.#drain(pools));
  /** For handlers of undici up to 7, which do not know HTTP/2: https://github.com/nodejs/undici/issues/4989 */
  readonly #legacy = known((pools) => this.#drain(pools));
  readonly #draining = new Set<Pools>();

  /** Sends an attempt for a handler of either generation. */
  carry({ endpoint, balancer, query, startedAt }: Attempt, options: DispatchOptions, handler: Handler): void {
    const isForCurrent = isCurrent(handler);
    const pools = poolsOf(isForCurrent ? this.#current : this.#legacy, balancer, query.scheme, isForCurrent);
    const pool = pools.get(endpoint, balancer.endpoints, startedAt);
    pool.dispatch(options as Undici.DispatchOptions, currentOf(handler));
  }

  async close(): Promise<void> {
    await Promise.all(this.#all().map((pools) => pools.close()));
  }

  async destroy(reason: Error): Promise<void> {
    await Promise.all(this.#all().map((pools) => pools.destroy(reason)));
  }

  #all(): Pools[] {
    return [...this.#current.values(), ...this.#legacy.values(), ...this.#draining];
  }

  /** What is under way on them ends in peace. */
  #drain(pools: Pools): void {
    this.#draining.add(pools);
    void pools.close().finally(() => this.#draining.delete(pools));
  }
}

/** A handler as undici 8 takes it. */
export function currentOf(handler: Handler): Undici.DispatchHandler {
  return isCurrent(handler)
    ? (handler as Undici.DispatchHandler)
    : Dispatcher1Wrapper.wrapHandler(handler as never);
}

type Known = LRUCache<Balancer, Pools>;

/** As many as there are routes whose traffic is known. */
function known(dispose: (pools: Pools) => void): Known {
  return new LRUCache({ max: defaults.maxServices, dispose });
}

function poolsOf(known: Known, balancer: Balancer, scheme: Scheme, allowH2: boolean): Pools {
  let pools = known.get(balancer);
  if (!pools) {
    pools = new Pools(scheme, allowH2);
    known.set(balancer, pools);
  }
  return pools;
}
