/** Draws what the simulations show into docs/plots: `npx node test/simulation/plots.ts`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { subset } from "../../src/balance/subset.ts";
import { newcomers, outage, retryStorm, sinkhole, slowEndpoint } from "./incidents.ts";
import { type Axis, type Chart, type Line, svg } from "./svg.ts";
import { type Call, endpoints, type Outcome, shareOf } from "./traffic.ts";

const policies = {
  leastLoaded: "least loaded",
  leastRequest: "least requests",
  roundRobin: "round robin",
} as const;
const names = ["leastLoaded", "leastRequest", "roundRobin"] as const;
const counts = [2, 3, 5, 10, 20];
const folder = new URL("../../docs/plots/", import.meta.url);

const charts: Record<string, () => Chart> = {
  "slow-endpoint": () => ({
    title: "One of 11 endpoints takes 2 s instead of 167 ms",
    x: seconds(60),
    y: percent("calls answered within 1 s", 85, 100, 5),
    lines: names.map((name) => {
      const { calls } = slowEndpoint(name, 1);
      return {
        name: policies[name],
        points: perSecond(calls, 58, (some) => part(some, ({ ms }) => ms < 1_000)),
      };
    }),
  }),
  sinkhole: () => ({
    title: "An endpoint that fails four of five calls at once: what it draws",
    x: { label: "endpoints", from: 0, to: 20, step: 5 },
    y: percent("of all calls", 0, 60, 10),
    lines: [
      ...names.map((name) => ({
        name: policies[name],
        points: counts.map((n) => drain(n, name)),
      })),
    ],
  }),
  "retry-storm": () => ({
    title: "Every endpoint fails half of its calls from second 30 to 60",
    x: seconds(90),
    y: { label: "attempts per second", from: 0, to: 500, step: 100 },
    lines: [
      { name: "within the budget", points: attempts(retryStorm("budget", 1)) },
      { name: "two retries each", points: attempts(retryStorm("always", 1)) },
      { name: "requests", dashed: true, points: [[0, 200] as const, [90, 200] as const] },
    ],
  }),
  outage: () => ({
    title: "Two of four endpoints refuse all calls from second 60 to 120, no retries",
    x: { ...seconds(180), step: 30 },
    y: percent("calls failed", 0, 20, 5),
    lines: names.map((name) => {
      const { calls } = outage(4, 2, 1, name);
      return {
        name: policies[name],
        points: perSecond(calls, 178, (some) => part(some, ({ failed }) => failed)),
      };
    }),
  }),
  "slow-start": () => ({
    title: "A fourth endpoint joins at second 20, half as fast until second 30",
    x: seconds(60),
    y: percent("of all calls", 0, 35, 5),
    lines: [
      ...names.map(newcomer),
      { name: "equal share", dashed: true, points: [[20, 25] as const, [60, 25] as const] },
    ],
  }),
  subset: () => ({
    title: "1000 clients, 300 endpoints: connections held to each, fewest first",
    x: { label: "endpoints", from: 0, to: 300, step: 50 },
    y: { label: "connections", from: 0, to: 1_000, step: 200 },
    lines: [
      { name: "subsets of 100", points: connections() },
      { name: "all to all", dashed: true, points: [[0, 1_000] as const, [300, 1_000] as const] },
    ],
  }),
};

mkdirSync(folder, { recursive: true });
for (const [name, chart] of Object.entries(charts)) {
  writeFileSync(new URL(`${name}.svg`, folder), svg(chart()));
}

function newcomer(name: (typeof names)[number]): Line {
  const { calls, newcomers: added } = newcomers(1, name, 1);
  const points = Array.from({ length: 29 }, (_, index) => {
    const from = 2 * index;
    return [from + 1, 100 * shareOf(added[0]!, calls, from * 1_000, from * 1_000 + 2_000)] as const;
  });
  return { name: policies[name], points };
}

function drain(count: number, name: (typeof names)[number]): readonly [number, number] {
  const { broken, calls } = sinkhole(count, "fifth", name, 1);
  return [count, 100 * shareOf(broken, calls, 1_000, 60_000)];
}

function attempts({ calls }: Outcome): Line["points"] {
  const bins = Array<number>(90).fill(0);
  for (const { at } of calls.flatMap((call) => call.attempts)) bins[Math.floor(at / 1_000)]!++;
  return bins.map((count, index) => [index + 0.5, count]);
}

function connections(): Line["points"] {
  const list = endpoints(300);
  const held = new Map(list.map((endpoint) => [endpoint, 0]));
  for (let client = 0; client < 1_000; client++) {
    for (const endpoint of subset(list, `client-${client}`)) held.set(endpoint, held.get(endpoint)! + 1);
  }
  return [...held.values()].sort((a, b) => a - b).map((count, index) => [index, count]);
}

function perSecond(
  calls: readonly Call[],
  count: number,
  measure: (some: readonly Call[]) => number,
): Line["points"] {
  const bins = Map.groupBy(calls, ({ at }) => Math.floor(at / 1_000));
  return Array.from({ length: count }, (_, second) => [second + 0.5, 100 * measure(bins.get(second) ?? [])]);
}

function part(calls: readonly Call[], fits: (call: Call) => boolean): number {
  return calls.filter(fits).length / calls.length;
}

function seconds(to: number): Axis {
  return { label: "seconds", from: 0, to, step: 10 };
}

function percent(label: string, from: number, to: number, step: number): Axis {
  return { label, from, to, step, unit: " %" };
}
