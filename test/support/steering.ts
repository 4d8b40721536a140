import type { Resolution } from "../../src/ground/resolution.ts";
import type { Resolver } from "../../src/resolve/resolver.ts";
import { InFlight } from "../../src/transport/in-flight.ts";
import { Routes } from "../../src/transport/routes.ts";
import type { Steering } from "../../src/transport/steer.ts";
import { Traffics } from "../../src/transport/traffic.ts";
import { FakeClock } from "./fake-clock.ts";
import { queryNamed } from "./fake-source.ts";

/** What steering needs, without sources and sockets: a service `orders` that a fake resolver knows. */
export function steeringWith(changed: Partial<Resolver> = {}, options = {}, random = () => 0) {
  const clock = new FakeClock();
  const doubted: string[] = [];
  const query = queryNamed("orders", options);
  const resolution: Resolution = {
    service: "orders",
    source: "fake",
    stale: false,
    expiresAt: clock.now() + 10_000,
    endpoints: [{ address: "10.0.0.1", port: 8080 }],
  };
  const resolver = {
    peek: () => resolution,
    settled: async () => {},
    resolve: async () => resolution,
    doubt: () => void doubted.push("orders"),
    ...changed,
  } as unknown as Resolver;
  const steering: Steering = {
    routes: new Routes(new Map([["orders", query.service]])),
    traffics: new Traffics({ clock, random, zone: () => undefined }),
    resolver,
    clock,
    random,
    inFlight: new InFlight(),
  };
  return { clock, doubted, resolution, steering };
}
