import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { startCaller } from "./traffic/caller.ts";
import { contenders, type Entry } from "./traffic/contenders.ts";
import { type Figures, figuresOf, heading, row } from "./traffic/figures.ts";
import { Fleet } from "./traffic/fleet.ts";
import type { Plan } from "./traffic/load.ts";
import { type Scenario, scenarios } from "./traffic/scenarios.ts";

/** What may be said on the command line. */
export interface TrafficOptions {
  readonly scenario?: string | undefined;
  readonly contender?: string | undefined;
  /** Of each run, warm-up apart. @default 5 */
  readonly seconds?: string | undefined;
  /** A file for the figures as JSON. */
  readonly json?: string | undefined;
}

/** Calls per second, and seconds of them before each run. */
const rate = 400;
const warmUp = 1;

/** byname beside other ways of calling a service by its name, with the same endpoints, changes and load. */
export async function traffic({ scenario, contender, seconds = "5", json }: TrafficOptions): Promise<void> {
  const plan: Plan = { rate, warmUp, seconds: positive(seconds) };
  const chosen = { scenarios: named(scenarios, scenario), contenders: named(contenders, contender) };
  const width = Math.max(...chosen.contenders.map(({ title }) => title.length));
  const all: Figures[] = [];
  for (const scenario of chosen.scenarios) {
    console.log(`${scenario.name}: ${scenario.title}; ${rate} calls a second for ${plan.seconds} s`);
    console.log(heading(width));
    for (const entry of chosen.contenders) {
      try {
        const figures = await measure(scenario, entry, plan);
        all.push(figures);
        console.log(row(entry.title, width, figures));
      } catch (error) {
        console.log(`  ${entry.title.padEnd(width)}      – ${error}`);
      }
    }
    console.log();
  }
  if (!json) return;
  const machine = { node: process.version, cpu: cpus()[0]?.model, cpus: cpus().length };
  await writeFile(json, `${JSON.stringify({ ...machine, ...plan, runs: all }, null, 2)}\n`);
}

async function measure(scenario: Scenario, { name, speaks }: Entry, plan: Plan): Promise<Figures> {
  await using fleet = await Fleet.start(speaks, scenario.endpoints);
  await using caller = startCaller(name, fleet.where, plan);
  const begun = await caller.begun;
  const length = plan.seconds * 1_000;
  const until = async (part: number) => {
    await pause(Math.max(0, begun + part * length - Date.now()));
  };
  const [served, report] = await Promise.all([
    servedIn(scenario, fleet, until),
    caller.report,
    play(scenario, fleet, until),
  ]);
  const changes = scenario.changes.map((part) => part * length);
  return figuresOf({ scenario: scenario.name, contender: name }, report, changes, served);
}

async function play({ changes, change }: Scenario, fleet: Fleet, until: Until): Promise<void> {
  for (const [nth, part] of changes.entries()) {
    await until(part);
    await change(fleet, nth);
  }
}

/** Waits for a part of the run, from 0 to 1, to be over. */
type Until = (part: number) => Promise<void>;

/** How many requests each endpoint got in the part of the run that the scenario names. */
async function servedIn({ spread: [from, to] }: Scenario, fleet: Fleet, until: Until): Promise<number[]> {
  await until(from);
  const before = await fleet.counts();
  const { addresses } = fleet;
  await until(to);
  const after = await fleet.counts();
  return addresses.map((address) => after[address]! - before[address]!);
}

function named<T extends { readonly name: string }>(
  all: readonly T[],
  name: string | undefined,
): readonly T[] {
  if (name === undefined) return all;
  const found = all.filter((one) => one.name === name);
  if (found.length > 0) return found;
  throw new Error(`there is no "${name}"; write one of ${all.map(({ name }) => name).join(", ")}`);
}

function positive(text: string): number {
  const seconds = Number(text);
  if (seconds > 0) return seconds;
  throw new Error(`--seconds ${text}: write a number above 0`);
}
