import type { Balance } from "../ground/balance.ts";
import { defaults } from "../ground/defaults.ts";
import type { Endpoint } from "../ground/endpoint.ts";
import type { Candidate } from "./candidate.ts";
import { Group } from "./group.ts";
import { Members } from "./members.ts";
import { Outliers } from "./outliers.ts";
import { type Policy, policyFor } from "./policy.ts";
import { subset } from "./subset.ts";
import { vanished } from "./vanished.ts";
import { ZoneGroups } from "./zone-groups.ts";

export interface BalancerOptions {
  readonly random: () => number;
  /** @default "leastLoaded" */
  readonly policy?: Balance;
  /** What the choice of a subset goes by; stable over the life of a client. @default drawn at random */
  readonly client?: string;
  /** @default 100 */
  readonly subsetSize?: number;
  /** Told when an endpoint is ejected, for how long in milliseconds, and when one is back (0). */
  readonly onEjection?: (candidate: Candidate, ms: number) => void;
}

/**
 * Balancer: chooses the endpoints of one service, and remembers how they did. One per service, for as long as the
 * service is called.
 *
 * An attempt is: `follow` the list, `pick`, then one of `answered`, `failed` and `abandoned`, then `ended` exactly once.
 * All are cheap and do no I/O; `now` is in milliseconds and must be steady (see SteadyTime). What is told of an endpoint
 * that has left meanwhile is welcome.
 */
export class Balancer {
  readonly #random: () => number;
  readonly #policy: Policy;
  readonly #isOwn: boolean;
  readonly #client: string;
  readonly #subsetSize: number;
  readonly #onEjection: BalancerOptions["onEjection"];
  readonly #members = new Members();
  readonly #outliers = new Outliers();
  #listed: readonly Endpoint[] = [];
  #endpoints: readonly Endpoint[] = [];
  #zone: string | undefined;
  #source: string | undefined;
  #candidates: readonly Candidate[] = [];
  /** Those with a share of the traffic, ejected ones included. */
  #weighty: readonly Candidate[] = [];
  #active: readonly Candidate[] = [];
  #groupedInPanic = false;
  #groups = new ZoneGroups([], undefined);
  #picks = 0;
  #away = 0;

  constructor(options: BalancerOptions) {
    const { random } = options;
    this.#random = random;
    this.#policy = policyFor(options.policy ?? "leastLoaded", random);
    this.#isOwn = typeof options.policy === "function";
    this.#client = options.client ?? random().toString(36);
    this.#subsetSize = options.subsetSize ?? defaults.subsetSize;
    this.#onEjection = options.onEjection;
  }

  /** The endpoints in use: the list's, or a subset of it, and those that are kept although it lacks them. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  get candidates(): readonly Candidate[] {
    return this.#candidates;
  }

  /** Fewer than half of the endpoints are well, so all are used. */
  get panic(): boolean {
    return this.#outliers.panic;
  }

  /** The part of all picks that went to another zone than the caller's, from 0 to 1. */
  get crossZoneShare(): number {
    return this.#picks === 0 ? 0 : this.#away / this.#picks;
  }

  /**
   * Takes over a service's current list. Costs nothing when it is the same array; an empty list is not taken over.
   *
   * @param zone the caller's own, by name, as soon as it is known
   * @param source who gave the list
   */
  follow(list: readonly Endpoint[], now: number, zone?: string, source?: string): void {
    if ((list === this.#listed && zone === this.#zone) || list.length === 0) return;
    if (list !== this.#listed) this.#takeOver(list, now, source);
    this.#zone = zone;
    for (const candidate of this.#candidates) candidate.away = isAway(candidate, zone);
    this.#arrange(this.#candidates);
  }

  /**
   * The endpoint for the next attempt, which counts as under way from now on. `follow` must have come first.
   *
   * @param tried those that this request has been sent to already; avoided where there are others that are not ejected
   */
  pick(now: number, tried?: readonly Candidate[]): Candidate {
    return this.#begin(tried?.length ? this.#another([this.#active], tried, now) : this.#next(now));
  }

  /**
   * The endpoint for an attempt in the place of, or beside, others that could not be reached or do not answer: an ejected
   * one may be back, and comes before those.
   */
  pickElsewhere(now: number, tried: readonly Candidate[]): Candidate {
    return this.#begin(this.#another([this.#active, this.#weighty], tried, now));
  }

  /** Whether there is an endpoint that this request was not sent to yet; one that weighs nothing is never picked. */
  hasOther(tried: readonly Candidate[]): boolean {
    return this.#weighty.some((candidate) => !tried.includes(candidate));
  }

  /**
   * An answer came that speaks for the endpoint, after `ms` milliseconds.
   * @param isWork whether it tells how long the work takes
   */
  answered(candidate: Candidate, now: number, ms: number, isWork = true): void {
    candidate.answeredAt = now;
    if (isWork) candidate.latency.answered(ms, now);
    else candidate.latency.refused(ms, now);
    if (candidate.failures === 0 && !candidate.ejected) return;
    const wasEjected = candidate.ejected;
    this.#outliers.answered(candidate, now);
    this.#regroup();
    if (wasEjected && !candidate.ejected) this.#onEjection?.(candidate, 0);
  }

  /** The endpoint refused, broke off, timed out or said 502, 503 or 504, after `ms` milliseconds. */
  failed(candidate: Candidate, now: number, ms: number): void {
    const before = candidate.ejection.until;
    candidate.latency.failed(ms, now);
    this.#outliers.failed(candidate, now);
    if (candidate.kept) this.#letGo(candidate);
    this.#regroup();
    const { state, until } = candidate.ejection;
    if (state === "out" && until !== before) this.#onEjection?.(candidate, until - now);
  }

  /**
   * Nobody waits for its outcome any longer, after `ms` milliseconds. Where that is longer than it usually takes, the
   * endpoint may hang: a caller who is not patient would meet it again and again.
   */
  abandoned(candidate: Candidate, now: number, ms: number): void {
    const isSlow = ms > candidate.latency.at(now);
    if (isSlow && candidate.ejection.state === "trial") this.failed(candidate, now, ms);
    else candidate.latency.tookMoreThan(ms, now);
  }

  /** Nothing of the attempt is under way any more, whatever came of it. */
  ended(candidate: Candidate): void {
    candidate.inFlight--;
    if (candidate.ejected) this.#outliers.ended(candidate);
  }

  #next(now: number): Candidate {
    return this.#outliers.trial(now) ?? this.#policy(this.#groups.draw(this.#random, now), now);
  }

  /** For a repeated attempt: no trial, and the zone does not matter. The first list that has any untried one counts. */
  #another(lists: readonly (readonly Candidate[])[], tried: readonly Candidate[], now: number): Candidate {
    const untried = lists.map((list) => list.filter((candidate) => !tried.includes(candidate)));
    const others = untried.find(({ length }) => length > 0) ?? this.#active;
    return this.#policy(new Group(others), now);
  }

  #begin(candidate: Candidate): Candidate {
    candidate.inFlight++;
    this.#picks++;
    if (candidate.away) this.#away++;
    return candidate;
  }

  #takeOver(list: readonly Endpoint[], now: number, source: string | undefined): void {
    // What another source says is no sign that this one lost its memory.
    const isSame = source === this.#source;
    const kept = isSame ? vanished(this.#listed.length, this.#candidates, list, now) : [];
    this.#source = source;
    const chosen = subset(list, this.#client, this.#subsetSize);
    this.#listed = list;
    this.#endpoints = kept.length > 0 ? [...chosen, ...kept.map(({ endpoint }) => endpoint)] : chosen;
    this.#candidates = this.#members.follow(this.#endpoints, now);
    for (const candidate of this.#candidates) candidate.kept = kept.includes(candidate);
  }

  /** A kept endpoint that fails was rightly missing. */
  #letGo(gone: Candidate): void {
    gone.kept = false;
    this.#endpoints = this.#endpoints.filter((endpoint) => endpoint !== gone.endpoint);
    this.#candidates = this.#candidates.filter((candidate) => candidate !== gone);
    this.#arrange(this.#candidates);
  }

  #arrange(candidates: readonly Candidate[]): void {
    weigh(candidates);
    this.#weighty = candidates.filter(({ weight }) => weight > 0);
    this.#outliers.follow(this.#weighty);
    this.#group();
  }

  #regroup(): void {
    const { active, panic } = this.#outliers;
    if (active !== this.#active || panic !== this.#groupedInPanic) this.#group();
  }

  /**
   * Zones do not count in a panic, nor with few endpoints, ejected ones included: Envoy's rules. A picker of the user's own
   * is to have all there are.
   */
  #group(): void {
    this.#active = this.#outliers.active;
    this.#groupedInPanic = this.panic;
    const zonesCount = !this.#isOwn && !this.panic && this.#candidates.length >= defaults.zoneLeast;
    this.#groups = new ZoneGroups(this.#active, zonesCount ? this.#zone : undefined);
  }
}

function isAway({ endpoint }: Candidate, zone: string | undefined): boolean {
  return zone !== undefined && endpoint.zone !== undefined && endpoint.zone !== zone;
}

/** Sets the weights relative to their mean. A weight that is none counts as 1, and where all are 0 all are alike. */
function weigh(candidates: readonly Candidate[]): void {
  const given = candidates.map(({ endpoint: { weight = 1 } }) =>
    weight >= 0 && weight < Infinity ? weight : 1,
  );
  const mean = given.reduce((sum, weight) => sum + weight, 0) / given.length;
  candidates.forEach((candidate, index) => {
    candidate.weight = mean > 0 ? given[index]! / mean : 1;
  });
}
