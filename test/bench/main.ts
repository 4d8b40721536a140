/**
 * The benchmarks, each a comparison within one run: `npm run bench`, or `npm run bench -- overhead|start|traffic`. Absolute
 * figures depend on the machine; the ratios are what counts.
 */
const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  overhead: async () => (await import("./overhead.ts")).overhead(),
  start: async () => (await import("./start.ts")).start(),
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(benchmarks, name));
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}"; write one of ${Object.keys(benchmarks).join(", ")}`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : Object.keys(benchmarks)) await benchmarks[name]!();
process.exit(0);
