import { defaults } from "../ground/defaults.ts";
import type { Settings } from "../ground/settings.ts";
import { readPlacement } from "./metadata.ts";
import { detectRuntime } from "./runtime.ts";

/**
 * The zone that this process runs in, by name: what the settings say, else what the runtime's metadata tells. It is
 * asked for at once and known a little later; unknown until then, and where nobody tells.
 */
export function ownZone({ zone, zoneNames, surroundings }: Settings): () => string | undefined {
  const { env, clock } = surroundings;
  let known = zone;
  const ask = async (waits: readonly number[]): Promise<void> => {
    const placement = await readPlacement(env, { clock });
    known = placement?.zone ?? zoneNames[placement?.zoneId ?? ""];
    const [wait, ...rest] = waits;
    if (!placement && wait !== undefined) clock.after(wait, () => void ask(rest));
  };
  if (known === undefined && detectRuntime(env).kind !== "host") void ask(defaults.metadataAgain);
  return () => known;
}
