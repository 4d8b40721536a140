import type { Candidate } from "./candidate.ts";
import type { Policy } from "./policy.ts";

type Cost = (candidate: Candidate, now: number) => number;

/**
 * TwoChoices: the cheaper of two candidates drawn at random, which spreads load almost as well as looking at all of
 * them (Mitzenmacher), and does not send every client to the same one.
 *
 * Weights: the first is drawn by its share, the second from all others alike, and the second takes part with the
 * probability of its share over the first one's. So each pair comes up as often one way round as the other: with
 * equal costs the traffic goes by the shares exactly, whatever the number of endpoints, and no candidate can get
 * more than twice its share. Only where the first is dear, a second that starts slowly takes part by its weight alone: a
 * slow endpoint is not to be called for want of a rival, and what the newcomer has under way limits it by its share anyhow.
 */
export function twoChoices(random: () => number, cost: Cost): Policy {
  return (group, now) => {
    const { candidates } = group;
    const count = candidates.length;
    if (count === 1) return candidates[0]!;
    const index = group.draw(random, now);
    const step = Math.floor(random() * (count - 1));
    const first = candidates[index]!;
    const second = candidates[step < index ? step : step + 1]!;
    const own = cost(first, now);
    const other = cost(second, now);
    const isBetter = other < own && takesPart(second, first, other * dear < own, random, now);
    const best = isBetter ? second : first;
    return best.failures === 0 ? best : cheapestFrom(candidates, index, best, (one) => cost(one, now));
  };
}

/** How many times as much as another a candidate costs that is dear. Less would bend the shares of newcomers. */
const dear = 4;

function takesPart(
  second: Candidate,
  first: Candidate,
  isDear: boolean,
  random: () => number,
  now: number,
): boolean {
  const share = isDear ? first.weight : first.share(now);
  const other = isDear ? second.weight : second.share(now);
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
