import type { Candidate } from "./candidate.ts";
import type { Policy } from "./policy.ts";

/**
 * WeightedRoundRobin: one candidate after the other, from a random first one, so that many new clients spread out.
 * One with less than the mean share is passed over until its parts add up to a turn; one with more stays for several.
 */
export function weightedRoundRobin(random: () => number): Policy {
  const credit = new WeakMap<Candidate, number>();
  const earn = (candidate: Candidate, part: number) => {
    const sum = (credit.get(candidate) ?? 0) + part;
    credit.set(candidate, sum);
    return sum;
  };
  let turn = Math.floor(random() * 2 ** 20);
  return ({ candidates }, now) => {
    let richest = candidates[turn % candidates.length]!;
    if (earn(richest, 0) < 1) {
      for (let left = candidates.length; left > 0; left--) {
        turn = (turn + 1) % 2 ** 30;
        const next = candidates[turn % candidates.length]!;
        const sum = earn(next, next.share(now));
        if (sum > earn(richest, 0)) richest = next;
        if (sum >= 1) break;
      }
    }
    // A whole round without a turn earned: all shares are small, as after a deployment. The one nearest to it goes.
    earn(richest, -1);
    return richest;
  };
}
