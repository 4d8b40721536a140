import { cases } from "./cases.ts";
import { type Run, run } from "./run.ts";
import { type WayName, ways } from "./ways.ts";

/** Main: runs every case by every way, on whatever Node.js this is, and prints what each was like. */
const names = Object.keys(ways) as WayName[];
const runs: Record<string, Record<string, Record<WayName, Run>>> = {};
for (const [about, table] of Object.entries(cases)) {
  runs[about] = {};
  for (const one of table) {
    const byWay = {} as Record<WayName, Run>;
    for (const way of names) byWay[way] = await run(one, way);
    runs[about][one.name] = byWay;
  }
}
console.log(JSON.stringify(runs));
