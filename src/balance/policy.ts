import type { Balance, OwnPicker } from "../ground/balance.ts";
import { ConfigError } from "../ground/errors.ts";
import { Candidate } from "./candidate.ts";
import type { Group } from "./group.ts";
import { byLoad, byRequests, twoChoices } from "./two-choices.ts";
import { weightedRoundRobin } from "./weighted-round-robin.ts";

/** Policy: which candidate of a group the next attempt goes to. No I/O, constant time. The group is never empty. */
export type Policy = (group: Group, now: number) => Candidate;

export function policyFor(choice: Balance, random: () => number): Policy {
  if (typeof choice === "function") return own(choice);
  switch (choice) {
    case "leastLoaded":
      return twoChoices(random, byLoad);
    case "leastRequest":
      return twoChoices(random, byRequests);
    case "roundRobin":
      return weightedRoundRobin(random);
  }
}

function own(picker: OwnPicker): Policy {
  return ({ candidates }) => {
    const picked: unknown = picker(candidates);
    if (picked instanceof Candidate) return picked;
    throw new ConfigError("balance", picked, "a function that returns one of the candidates it is given");
  };
}
