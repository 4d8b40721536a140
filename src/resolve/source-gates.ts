import { LRUCache } from "lru-cache";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import { events } from "../ground/events.ts";
import type { Query, Service } from "../ground/service.ts";
import type { Answer, Source } from "../ground/source.ts";

/**
 * SourceGates: which sources are left out for now. A source that was unavailable is skipped for a while that
 * grows with each failure; then one lookup tries it, and whoever else asks meanwhile still skips it.
 *
 * A gate belongs to a source, or to a source and one service where only that service is in trouble.
 */
export class SourceGates {
  readonly #clock: Clock;
  readonly #random: () => number;
  // One gate a source and service at most; forgetting one only means asking that source once more.
  readonly #gates = new LRUCache<string, Gate>({ max: defaults.maxServices });

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Why this source is left out for this query now, or undefined where it is to be asked: then `report` or `release` must follow. */
  closed(source: Source, query: Query): string | undefined {
    const gates = this.#of(source, query.service);
    const shut = gates.find((gate) => this.#isShut(gate));
    if (shut) return shut.triedBy ? "another lookup is trying it" : `left out after: ${shut.detail}`;
    for (const gate of gates) gate.triedBy = query.key;
    return undefined;
  }

  /** What the source answered in the end, whether it had been let through or was asked all the same. */
  report(source: Source, query: Query, answer: Answer): void {
    this.release(source, query);
    if (answer.kind === "unavailable") this.#shut(source, query.service, answer);
    // Who is not concerned has asked nobody, which shows nothing.
    else if (answer.kind !== "notMine") this.#open(source, query.service);
  }

  #shut(source: Source, service: Service, answer: Unavailable): void {
    const own = answer.scope === "service";
    const key = own ? ownKey(source, service) : source.name;
    const before = this.#gates.get(key);
    // Lookups that were under way together fail together: one outage, which counts once.
    if (before && this.#left(before) > 0) return;
    const delay = Math.min((before?.delay ?? defaults.skipFirst / 2) * 2, defaults.skipMost);
    const until = this.#clock.now() + delay * (0.75 + this.#random() / 2);
    this.#gates.set(key, { delay, until, triedBy: before?.triedBy, detail: answer.detail });
    if (!before) announce(source, own ? service : undefined, "down", answer.detail);
  }

  /** A lookup was dropped without an answer. If it was the one that was let through, another may try. */
  release(source: Source, { service, key }: Query): void {
    for (const gate of this.#of(source, service)) if (gate.triedBy === key) gate.triedBy = undefined;
  }

  #open(source: Source, service: Service): void {
    for (const key of [source.name, ownKey(source, service)]) {
      if (!this.#gates.delete(key)) continue;
      announce(source, key === source.name ? undefined : service, "up", "answers again");
    }
  }

  #of(source: Source, service: Service): Gate[] {
    return [this.#gates.get(source.name), this.#gates.get(ownKey(source, service))].filter(
      (gate) => gate !== undefined,
    );
  }

  #isShut(gate: Gate): boolean {
    return gate.triedBy !== undefined || this.#left(gate) > 0;
  }

  /** For how long nobody is let through. */
  #left({ until, delay }: Gate): number {
    const left = until - this.#clock.now();
    // A wall clock that was set back must not keep a source out for longer than it was meant to be.
    return left <= delay * 1.25 ? left : 0;
  }
}

type Unavailable = Answer & { readonly kind: "unavailable" };

interface Gate {
  /** How long this closing was meant to last, in milliseconds, before jitter. */
  readonly delay: number;
  /** Wall time. */
  readonly until: number;
  /** The key of the query whose lookup has been let through and has not ended yet; there is one flight for each key. */
  triedBy: string | undefined;
  readonly detail: string;
}

function ownKey(source: Source, service: Service): string {
  return `${source.name} ${service.key}`;
}

function announce(source: Source, service: Service | undefined, state: "down" | "up", detail: string): void {
  const channel = events["byname:source"];
  if (!channel.hasSubscribers) return;
  channel.publish({ source: source.name, ...(service ? { service: service.key } : {}), state, detail });
}
