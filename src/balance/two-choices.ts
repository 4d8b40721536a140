import type { Candidate } from "./candidate.ts";
import type { Policy } from "./policy.ts";

type Cost = (candidate: Candidate, now: number) => number;

/**
 * TwoChoices: the cheaper of two candidates drawn at random, which spreads load almost as well as looking at all of
 * them (Mitzenmacher), and does not send every client to the same one.
 *
 * Weights: the first is drawn by its share, the second from all others alike, and the second takes part with the
 * probability of its share over the first one's. So each pair comes up as often one way round as the other: with
 * equal costs the traffic goes by the shares exactly, whatever the number of endpoints. Where the second takes no part, as
 * one does that starts slowly, and the first is dear, a third may stand in for it. No candidate gets more than twice its
 * share, or thrice while others are dear.
 */
export function twoChoices(random: () => number, cost: Cost): Policy {
  const cheaper = (candidates: readonly Candidate[], index: number, now: number): Candidate => {
    const first = candidates[index]!;
    const second = anyBut(candidates, index, random);
    if (takesPart(second, first, random, now)) return cost(second, now) < cost(first, now) ? second : first;
    const third = anyBut(candidates, index, random);
    if (third === second || cost(third, now) * dear >= cost(first, now)) return first;
    return takesPart(third, first, random, now) ? third : first;
  };
  return (group, now) => {
    const { candidates } = group;
    if (candidates.length === 1) return candidates[0]!;
    const index = group.draw(random, now);
    const best = cheaper(candidates, index, now);
    return best.failures === 0 ? best : cheapestFrom(candidates, index, best, (one) => cost(one, now));
  };
}

/** How many times as much as another one a candidate has to cost for that. Less would bend the shares. */
const dear = 4;

function anyBut(candidates: readonly Candidate[], index: number, random: () => number): Candidate {
  const step = Math.floor(random() * (candidates.length - 1));
  return candidates[step < index ? step : step + 1]!;
}

function takesPart(second: Candidate, first: Candidate, random: () => number, now: number): boolean {
  const share = first.share(now);
  const other = second.share(now);
  return other >= share || random() * share < other;
}

/**
 * Where the better of two failed when it was last used, its neighbours are looked at too: of three endpoints with two
 * broken, every third pair would be the broken ones.
 */
function cheapestFrom(
  candidates: readonly Candidate[],
  start: number,
  best: Candidate,
  costOf: (candidate: Candidate) => number,
): Candidate {
  let cheapest = best;
  let least = costOf(best);
  for (let step = Math.min(candidates.length, neighbours) - 1; step >= 0; step--) {
    const candidate = candidates[(start + step) % candidates.length]!;
    const cost = costOf(candidate);
    if (cost < least) [cheapest, least] = [candidate, cost];
  }
  return cheapest;
}

const neighbours = 8;

/** Attempts under way times expected latency. What is under way weighs more where the share is small. */
export function byLoad(candidate: Candidate, now: number): number {
  return (candidate.inFlight / candidate.share(now) + 1) * candidate.latency.at(now);
}

/** Attempts under way, as if all endpoints were as fast as usual; a failure counts as a slow answer here too. */
export function byRequests(candidate: Candidate, now: number): number {
  return (candidate.inFlight / candidate.share(now) + 1) * candidate.latency.usualAt(now);
}
