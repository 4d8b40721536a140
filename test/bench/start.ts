import { spawnSync } from "node:child_process";
import { median, quantile } from "./slices.ts";

/** What importing byname and its first calls cost a fresh process, beside an empty module. */
export async function start(): Promise<void> {
  const contenders: Readonly<Record<string, string>> = {
    "an empty module": `await import("data:text/javascript,");`,
    "an empty module again (control)": `await import("data:text/javascript,");`,
    byname: `await import("byname");`,
    "byname and its first resolve (fixed)": `
      const { createByname } = await import("byname");
      await createByname({ sources: ["fixed"], services: { orders: { fixed: "http://10.0.0.7" } } }).resolve("orders");`,
    "undici, for comparison": `await import("undici");`,
    "the Cloud Map client of the AWS SDK, for comparison": `await import("@aws-sdk/client-servicediscovery");`,
  };
  const times = new Map(Object.keys(contenders).map((name) => [name, [] as Sample[]]));
  for (let round = 0; round < 15; round++) {
    for (const [name, code] of Object.entries(contenders)) times.get(name)!.push(measure(code));
  }
  console.log(
    "a fresh process: milliseconds of the import (median, middle half) and megabytes more (median)",
  );
  const base = median(times.get("an empty module")!.map(({ mb }) => mb));
  for (const [name, samples] of times) {
    const ms = samples.map((sample) => sample.ms);
    const mb = median(samples.map((sample) => sample.mb)) - base;
    const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(ms, part).toFixed(1).padStart(6));
    console.log(`  ${name.padEnd(52)}${middle} (${low} to ${high})  ${mb.toFixed(1).padStart(5)} MB`);
  }
  console.log();
}

interface Sample {
  readonly ms: number;
  readonly mb: number;
}

/** Runs code in a fresh process of its own. */
export function measure(code: string): Sample {
  const script = `const start = performance.now(); ${code}
    console.log(JSON.stringify({ ms: performance.now() - start, mb: process.memoryUsage.rss() / 2 ** 20 }));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    cwd: import.meta.dirname,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
