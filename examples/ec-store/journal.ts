import type { Attempt } from "./child.ts";
import { Ways } from "./ways.ts";

/** What one call was like: who called what, by which way, and how that went. */
export interface Call {
  readonly caller: string;
  readonly service: string;
  /** The source's name; with "kept" where its answer is past its lifetime and nobody renews it. */
  readonly way: string;
  readonly endpoint: string;
  readonly ms: number;
  readonly error?: string;
}

/** Journal: every attempt counted, by caller and way; shown is the first of its kind since the last `turn`. */
export class Journal {
  /** By caller, then by way. Attempts that failed are no calls. */
  readonly calls = new Map<string, Map<string, number>>();
  readonly #show: (call: Call) => void;
  readonly #ways: Ways;
  readonly #shown = new Set<string>();
  readonly #seen = new Set<string>();
  #onSeen = () => {};

  /** @param now milliseconds that never run backwards. */
  constructor(show: (call: Call) => void, now = () => performance.now()) {
    this.#show = show;
    this.#ways = new Ways(now);
  }

  readonly add = (caller: string, attempt: Attempt): void => {
    const { service, endpoint, ms, error } = attempt;
    const way = this.#ways.of(caller, attempt);
    const failed = error === undefined ? {} : { error };
    if (error === undefined) this.#count(caller, way);
    const kind = [caller, service, way, error].join(" ");
    if (this.#shown.has(kind)) return;
    this.#shown.add(kind);
    this.#show({ caller, service, way, endpoint: `${endpoint.address}:${endpoint.port}`, ms, ...failed });
  };

  /** From now on everything is worth showing again, and nobody has been seen. */
  turn(): void {
    this.#shown.clear();
    this.#seen.clear();
  }

  /**
   * Done when every caller has been seen on its way since the last `turn`.
   * @returns those that were not, when the signal aborted first.
   */
  async seen(ways: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string[]> {
    const missing = () =>
      Object.entries(ways).flatMap(([caller, way]) =>
        this.#seen.has(`${caller} ${way}`) ? [] : [`${caller} by ${way}`],
      );
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    this.#onSeen = () => missing().length === 0 && resolve();
    this.#onSeen();
    if (!signal.aborted) await promise;
    return missing();
  }

  #count(caller: string, way: string): void {
    const byWay = this.calls.get(caller) ?? new Map<string, number>();
    this.calls.set(caller, byWay.set(way, (byWay.get(way) ?? 0) + 1));
    this.#seen.add(`${caller} ${way}`);
    this.#onSeen();
  }
}
