import type { Picker } from "./picker.ts";

/** RoundRobin: one endpoint after the other, from a random first one, so that many new clients spread out. */
export function roundRobin(random: () => number): Picker {
  let turn = Math.floor(random() * 2 ** 20);
  return {
    pick(endpoints) {
      turn = (turn + 1) % 2 ** 30;
      return endpoints[turn % endpoints.length]!;
    },
  };
}
