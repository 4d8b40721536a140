import type { Attempt } from "./child.ts";

/**
 * Milliseconds. An answer is also past its lifetime for the moment in which it is being renewed; only one that stays
 * so for longer is kept for want of a better one.
 */
const renewal = 1_500;

/** Ways: by which way a caller went; the source's name, with "kept" where its answer is past its lifetime. */
export class Ways {
  readonly #now: () => number;
  /** Since when a caller has been served an answer past its lifetime, by caller and service. */
  readonly #staleSince = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  of(caller: string, { service, source, stale }: Attempt): string {
    const edge = `${caller} ${service}`;
    // A hosts file never changes, so its names are none the worse for their age.
    if (!stale || source === "serviceConnect") this.#staleSince.delete(edge);
    else if (!this.#staleSince.has(edge)) this.#staleSince.set(edge, this.#now());
    const since = this.#staleSince.get(edge);
    return since !== undefined && this.#now() - since > renewal ? `${source}, kept` : source;
  }
}
