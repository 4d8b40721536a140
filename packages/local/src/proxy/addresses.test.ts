import fc from "fast-check";
import { expect, it } from "vitest";
import { placeInRange } from "./addresses.ts";
import { Balancer } from "./balancer.ts";
import { Outliers } from "./outliers.ts";
import type { Route } from "./route.ts";

function route(alias: string, port: number): Route {
  const balancer = new Balancer(new Outliers(() => 0));
  return { alias, port, protocol: "http", perRequestTimeout: 0, key: alias, serviceId: "srv-1", balancer };
}

it("one alias has one address of 127.255.0.0/16, and no two aliases have the same", () => {
  const aliases = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 600 });
  fc.assert(
    fc.property(aliases, fc.integer({ min: 0, max: 255 }), (all, block) => {
      const placed = placeInRange(
        all.flatMap((alias) => [route(alias, 80), route(alias, 81)]),
        block,
      );
      const addresses = new Map(placed.map((place) => [place.route.alias, place.address]));
      expect(placed.every((place) => place.address === addresses.get(place.route.alias))).toBe(true);
      expect(new Set(addresses.values()).size).toBe(all.length);
      for (const address of addresses.values()) {
        const [a, b, c, d] = address.split(".").map(Number) as [number, number, number, number];
        expect([a, b, c >= 0 && c <= 255, d >= 1 && d <= 254]).toEqual([127, 255, true, true]);
      }
    }),
    { numRuns: 30 },
  );
});
