import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Query } from "byname";
import { queriesFor } from "./queries.ts";
import { type Env, settingFor } from "./setting.ts";
import { WrongUsage } from "./wrong-usage.ts";

/**
 * The command `local`: that of `@byname/local`, which parses its own arguments and ends by itself.
 * @param seed what the catalog is read from: a config file, or true for the one that byname would read.
 */
export async function local(
  args: readonly string[],
  seed: string | true | undefined,
  env: Env,
): Promise<void> {
  const { runLocal } = await import("@byname/local");
  if (seed === undefined) return runLocal(args, name);
  if (args.includes("--config")) throw new WrongUsage("local: write either --seed or --config, not both");
  const setting = settingFor(seed === true ? {} : { config: seed }, env);
  const queries = await queriesFor(setting);
  if (queries.length === 0)
    throw new WrongUsage("--seed: there is no catalog; name its file: --seed byname.config.json");
  const directory = await mkdtemp(join(tmpdir(), "byname-seed-"));
  const path = join(directory, "local.json");
  try {
    await writeFile(path, JSON.stringify(seedOf(queries)));
    await runLocal(["--config", path, ...args], name);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const name = "byname local";

/** What `startLocal` takes: each service of the catalog, with a task at its port of this machine where it has one. */
export function seedOf(queries: readonly Query[]): { services: Record<string, SeededService> } {
  return { services: Object.fromEntries(queries.map(({ service }) => [service.key, seeded(service)])) };
}

interface SeededService {
  readonly namespace?: string;
  readonly discoveryName: string;
  readonly serviceConnect?: { readonly alias: string; readonly port: number };
  readonly instances?: readonly { readonly port: number }[];
}

function seeded({ namespace, discoveryName, alias, port, containerPort }: Query["service"]): SeededService {
  const listens = containerPort ?? port;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    discoveryName,
    ...(port === undefined ? {} : { serviceConnect: { alias, port } }),
    ...(listens === undefined ? {} : { instances: [{ port: listens }] }),
  };
}
