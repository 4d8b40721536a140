/** What one pick with its feedback costs, in nanoseconds: `npx node test/simulation/cost.ts`. */
import { Balancer } from "../../src/balance/balancer.ts";
import { seeded } from "./seeded.ts";

const calls = 2_000_000;

for (const policy of ["leastLoaded", "leastRequest", "roundRobin"] as const) {
  for (const count of [2, 10, 100, 1_000]) {
    const balancer = new Balancer({ random: seeded(1), policy, subsetSize: 1_000 });
    const list = Array.from({ length: count }, (_, i) => ({
      address: `10.0.${i >> 8}.${i & 255}`,
      port: 80,
    }));
    const best = Math.min(...Array.from({ length: 5 }, () => measure(balancer, list)));
    console.log(`${policy.padEnd(12)} ${String(count).padStart(5)} endpoints: ${best.toFixed(0)} ns`);
  }
}

function measure(balancer: Balancer, list: { address: string; port: number }[]): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const now = performance.now();
    balancer.follow(list, now);
    const candidate = balancer.pick(now);
    balancer.answered(candidate, now + 5, 5);
    balancer.ended(candidate);
  }
  return ((performance.now() - start) / calls) * 1e6;
}
