import { queriesFor } from "../queries.ts";
import type { Setting } from "../setting.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { warm } from "../warm.ts";
import { checks } from "./checks.ts";
import type { Check, Finding } from "./finding.ts";
import { openSite, type Site } from "./site.ts";
import { findingsText } from "./view.ts";

export interface DoctorOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** The command `doctor`. @returns the exit code: 1 where a service cannot be called from here. */
export async function doctor(
  setting: Setting,
  service: string | undefined,
  options: DoctorOptions,
  terminal: Terminal,
): Promise<number> {
  const queries = await queriesFor(setting, service === undefined ? undefined : [service]);
  // Before anything is timed: a process that is loading does not see answers that are there.
  await warm();
  const site = openSite(setting, queries);
  const findings = (await Promise.all(checks.map((check) => run(check, site)))).flat();
  await site.close();
  if (queries.length === 0) findings.push(emptyCatalog);
  const isBroken = findings.some(({ verdict }) => verdict === "broken");
  terminal.write(options.json ? json(findings, isBroken) : findingsText(findings, terminal, options));
  return isBroken ? 1 : 0;
}

/** A check that fails has told nothing about the site. */
async function run(check: Check, site: Site): Promise<Finding[]> {
  try {
    const told = await check.look(site);
    return told.map((one) => ({ check: check.name, ...one }));
  } catch (error) {
    const evidence = [String((error as Error).message).split("\n", 1)[0]!];
    return [{ check: check.name, verdict: "unseen", title: "the check itself failed", evidence }];
  }
}

const emptyCatalog: Finding = {
  check: "resolution",
  verdict: "note",
  title: "the catalog is empty",
  evidence: ["no config file with `services` was found"],
  changes: [
    { what: "Name a service, or a config file", cli: "npx @byname/cli doctor orders --namespace sd.local" },
  ],
};

function json(findings: readonly Finding[], isBroken: boolean): string {
  return `${JSON.stringify({ broken: isBroken, findings }, null, 2)}\n`;
}
