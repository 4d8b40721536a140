import type { Settings } from "../ground/settings.ts";
import { readPlacement } from "./metadata.ts";

/**
 * The zone that this process runs in, by name: what the settings say, else what the runtime's metadata tells. It is
 * asked for at once and known a little later; unknown until then, and where nobody tells.
 */
export function ownZone({ zone, zoneNames, surroundings }: Settings): () => string | undefined {
  let known = zone;
  if (known === undefined) {
    const { env, clock } = surroundings;
    void readPlacement(env, { clock }).then((placement) => {
      known = placement?.zone ?? zoneNames[placement?.zoneId ?? ""];
    });
  }
  return () => known;
}
