import type { Fleet } from "./fleet.ts";

/** Scenario: what becomes of the endpoints while the load goes on. Times are parts of the run, from 0 to 1. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** How many endpoints there are at first. */
  readonly endpoints: number;
  /** When something changes. */
  readonly changes: readonly number[];
  /** Over which part of the run the spread of load is taken: where it should be even again. */
  readonly spread: readonly [number, number];
  /** @param nth which of the changes it is, from 0. */
  change(fleet: Fleet, nth: number): Promise<void>;
}

/** One of ten goes wrong, and stays so. */
const oneOfTen = { endpoints: 10, changes: [0.2], spread: [0.4, 1] } as const;

export const scenarios: readonly Scenario[] = [
  {
    name: "steady",
    title: "ten endpoints, and nothing happens",
    endpoints: 10,
    changes: [],
    spread: [0, 1],
    async change() {},
  },
  {
    name: "slow",
    title: "one of ten endpoints becomes ten times slower",
    ...oneOfTen,
    change: (fleet) => fleet.slow(100),
  },
  {
    name: "dead",
    title: "one of ten endpoints dies and refuses connections; its record stays",
    ...oneOfTen,
    change: (fleet) => fleet.die(),
  },
  {
    name: "black-hole",
    title: "one of ten endpoints dies, and its address does not answer at all; its record stays",
    ...oneOfTen,
    change: (fleet) => fleet.vanish(),
  },
  {
    name: "rolling",
    title: "all of ten endpoints are replaced, one after the other",
    endpoints: 10,
    changes: Array.from({ length: 10 }, (_, nth) => 0.1 + nth * 0.06),
    spread: [0.9, 1],
    async change(fleet) {
      await fleet.add();
      await fleet.retire();
    },
  },
  {
    name: "scale",
    title: "from 3 endpoints to 30, and back to 3",
    endpoints: 3,
    changes: [0.2, 0.7],
    spread: [0.45, 0.7],
    async change(fleet, nth) {
      for (let count = 0; count < 27; count++) await (nth === 0 ? fleet.add() : fleet.retire());
    },
  },
];
