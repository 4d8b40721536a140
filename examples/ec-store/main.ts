import { setTimeout as pause } from "node:timers/promises";
import { buildStorefront } from "./build.ts";
import { openControl } from "./control.ts";
import { Journal } from "./journal.ts";
import { keepOpen } from "./keep.ts";
import { StoreMap } from "./map.ts";
import { type Part, partsOf } from "./parts.ts";
import { scenarios } from "./scenarios.ts";
import { openStore } from "./store.ts";
import { heading, paint, row, summary } from "./table.ts";

/**
 * The story: a store of five services and a function starts, orders are placed all the while, and the ways that they
 * take are taken away and given back, one after another. `--keep` leaves the breaking to you; `--quick` watches no
 * longer than it takes to see what should be seen.
 */
const print = (text: string) => void process.stdout.write(`${text}\n`);
const journal = new Journal((call) => print(row(call, paint)));
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

/** Milliseconds that a scenario is watched at least, and at most where a caller does not take the way it should. */
const watched = { least: process.argv.includes("--quick") ? 0 : 3_000, most: 60_000 };

print(`${paint("bold", "byname: an EC store")}, with its AWS side on this machine. Ctrl-C ends it.`);
await buildStorefront(print);
const map = process.argv.includes("--keep") ? new StoreMap() : undefined;
const parts: Part[] = [];
const control = map && (await openControl(map, parts));
const store = await openStore((caller, happening) => {
  if ("attempt" in happening) journal.add(caller, happening.attempt);
  map?.add(caller, happening);
}, control && { storefront: control.env });
if (map) parts.push(...partsOf(store, map));
const { traffic, fleet } = store;
const stage = { ...store, print, signal: stop.signal };
try {
  print(
    `${fleet.tasks().length} processes of five services answer. Customers order, and so does a Lambda function.`,
  );
  print(`\n${heading(paint)}`);
  traffic.start();
  const wrong = await (map ? keepOpen(stage, journal, parts) : tell()).catch(unlessStopped);
  await traffic.stop();
  process.exitCode = report(wrong) ? 0 : 1;
} finally {
  control?.close();
  await store.close();
}

/** @returns what should have been seen, and was not. */
async function tell(): Promise<string[]> {
  const { count } = traffic;
  const wrong: string[] = [];
  for (const { title, says, ways, begin } of scenarios) {
    const before = { placed: count.placed, lost: count.lost.length };
    print(`\n${paint("bold", title)}\n  ${says}\n`);
    const giveBack = await begin(stage);
    journal.turn();
    const most = AbortSignal.any([stop.signal, AbortSignal.timeout(watched.most)]);
    const [missing] = await Promise.all([journal.seen(ways, most), pause(watched.least, undefined, stage)]);
    await giveBack();
    print(outcome(count.placed - before.placed, count.lost.slice(before.lost)));
    wrong.push(...missing.map((what) => `${title} Not seen: ${what}`));
  }
  return wrong;
}

function outcome(placed: number, lost: readonly string[]): string {
  const text = `  ${placed} orders placed, ${lost.length} lost`;
  if (lost.length === 0) return paint("green", text);
  return [paint("red", text), ...[...new Set(lost)].slice(0, 3)].join("\n    ");
}

/** Whether no order was lost, none placed twice, and every way was seen. */
function report(wrong: readonly string[]): boolean {
  const { placed, lost, repeated, doubled, slowest } = traffic.count;
  print(`\n${paint("bold", "In the end")}`);
  print(outcome(placed, lost));
  print(
    `  ${repeated} sent once more, ${doubled} of them placed twice; the slowest took ${slowest.toFixed(0)} ms`,
  );
  for (const what of wrong) print(paint("red", `  ${what}`));
  print(`\n${summary(journal.calls)}`);
  return placed > 0 && lost.length + doubled + wrong.length === 0;
}

function unlessStopped(error: unknown): string[] {
  if (!stop.signal.aborted) throw error;
  return [];
}
