import { LRUCache } from "lru-cache";
import { Balancer } from "../balance/balancer.ts";
import { Budget } from "../balance/budget.ts";
import { SteadyTime } from "../balance/steady-time.ts";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import type { Endpoint } from "../ground/endpoint.ts";
import { events } from "../ground/events.ts";
import type { Resolution } from "../ground/resolution.ts";
import { Fallback } from "../resolve/fallback.ts";
import type { Route } from "./routes.ts";

export interface TrafficOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** The zone that this process runs in, by name, as soon as it is known. */
  readonly zone: () => string | undefined;
}

/** Traffic: what is remembered of the requests by one route: how its endpoints did, and what retries are left. */
export class Traffic {
  readonly budget = new Budget();
  readonly fallback: Fallback;
  /** What budget and balancers go by. */
  readonly time: SteadyTime;
  readonly #options: TrafficOptions;
  /** What goes through Service Connect's proxy, and what goes to the tasks themselves, are endpoints of different kinds. */
  readonly #proxied: Balancer;
  readonly #direct: Balancer;

  constructor({ query }: Route, options: TrafficOptions, time: SteadyTime) {
    const { clock, random } = options;
    const onEjection = ({ endpoint }: { endpoint: Endpoint }, ms: number) => {
      const channel = events["byname:eject"];
      if (channel.hasSubscribers) channel.publish({ service: query.service.key, endpoint, ms });
    };
    this.#options = options;
    this.time = time;
    this.fallback = new Fallback(query, clock);
    this.#proxied = new Balancer({ random, policy: "roundRobin" });
    this.#direct = new Balancer({ random, policy: query.service.balance, onEjection });
  }

  /**
   * The balancer for these endpoints, which it takes over where they are new.
   * @param now steady time in milliseconds
   */
  balancer({ source, endpoints }: Resolution, now: number): Balancer {
    const balancer = source === "serviceConnect" ? this.#proxied : this.#direct;
    balancer.follow(endpoints, now, this.#options.zone(), source);
    return balancer;
  }
}

/** Traffics: that of each route, from its first request on. Callers choose the routes, so their number is bounded. */
export class Traffics {
  readonly #options: TrafficOptions;
  readonly #time: SteadyTime;
  /** By origin: routes themselves may be forgotten. */
  readonly #known = new LRUCache<string, Traffic>({ max: defaults.maxServices });

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#time = new SteadyTime(options.clock);
  }

  of(route: Route): Traffic {
    const { origin } = route.query;
    let traffic = this.#known.get(origin);
    if (!traffic) {
      traffic = new Traffic(route, this.#options, this.#time);
      this.#known.set(origin, traffic);
    }
    return traffic;
  }
}
