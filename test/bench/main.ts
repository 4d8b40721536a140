import { parseArgs } from "node:util";
import type { TrafficOptions } from "./traffic.ts";

/**
 * The benchmarks, each a comparison within one run: `npm run bench`, or `npm run bench -- overhead|start|lambda|telemetry|traffic`.
 * Absolute figures depend on the machine; the ratios are what counts. A part of the traffic:
 * `npm run bench -- traffic --scenario dead --contender byname --seconds 10 --json figures.json`.
 */
const benchmarks: Readonly<Record<string, (options: TrafficOptions) => Promise<void>>> = {
  overhead: async () => (await import("./overhead.ts")).overhead(),
  start: async () => (await import("./start.ts")).start(),
  lambda: async () => (await import("./lambda.ts")).lambda(),
  telemetry: async () => (await import("./telemetry.ts")).telemetry(),
  traffic: async (options) => (await import("./traffic.ts")).traffic(options),
};

const text = { type: "string" } as const;
const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: { scenario: text, contender: text, seconds: text, json: text },
});
const unknown = wanted.find((name) => !Object.hasOwn(benchmarks, name));
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}"; write one of ${Object.keys(benchmarks).join(", ")}`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : Object.keys(benchmarks)) await benchmarks[name]!(values);
process.exit(0);
