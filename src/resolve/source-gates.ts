import { LRUCache } from "lru-cache";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import { events } from "../ground/events.ts";
import type { Service } from "../ground/service.ts";
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

  /** Why this source is left out for this service now, or undefined where it is to be asked: then `report` or `release` must follow. */
  closed(source: Source, service: Service): string | undefined {
    const shut = this.#of(source, service).find((gate) => this.#isShut(gate));
    if (shut) return shut.trying ? "another lookup is trying it" : `left out after: ${shut.detail}`;
    for (const gate of this.#of(source, service)) gate.trying = true;
    return undefined;
  }

  /** What the source answered in the end. */
  report(source: Source, service: Service, answer: Answer): void {
    if (answer.kind === "unavailable") this.#shut(source, service, answer);
    else this.#open(source, service);
  }

  #shut(source: Source, service: Service, answer: Answer & { kind: "unavailable" }): void {
    const own = answer.scope === "service";
    const key = own ? ownKey(source, service) : source.name;
    const before = this.#gates.get(key);
    const delay = Math.min((before?.delay ?? defaults.skipFirst / 2) * 2, defaults.skipMost);
    const until = this.#clock.now() + delay * (0.75 + this.#random() / 2);
    this.release(source, service);
    this.#gates.set(key, { delay, until, trying: false, detail: answer.detail });
    if (!before) announce(source, own ? service : undefined, "down", answer.detail);
  }

  /** The lookup that was let through was dropped without an answer; another may try. */
  release(source: Source, service: Service): void {
    for (const gate of this.#of(source, service)) gate.trying = false;
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
    const left = gate.until - this.#clock.now();
    // A wall clock that was set back must not keep a source out for longer than it was meant to be.
    return gate.trying || (left > 0 && left <= gate.delay * 1.25);
  }
}

interface Gate {
  /** How long this closing was meant to last, in milliseconds, before jitter. */
  readonly delay: number;
  /** Wall time. */
  readonly until: number;
  /** One lookup has been let through and has not been reported yet. */
  trying: boolean;
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
