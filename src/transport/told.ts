import { AsyncLocalStorage } from "node:async_hooks";
import { type BynameEvents, events, startOf } from "../ground/events.ts";
import type { Query } from "../ground/service.ts";
import type { Attempt } from "./attempt.ts";
import type { HeaderChanges, Outgoing } from "./outgoing.ts";

/**
 * Told: one request as its events tell it. Attempts are often made by timers that many requests share, and then run in the
 * async context of whoever was the first to set one; those of a request that is told run in its caller's own.
 */
export class Told {
  readonly request: BynameEvents["byname:start"];
  readonly #inContext = AsyncLocalStorage.snapshot();

  constructor(query: Query, outgoing: Outgoing) {
    this.request = startOf(query, outgoing);
    events["byname:start"].publish(this.request);
  }

  /**
   * Announces an attempt, and carries it out.
   * @param carry is given the headers that were set for it.
   */
  send(attempt: Attempt, outgoing: Outgoing, carry: (headers: HeaderChanges) => void): void {
    this.#inContext(() => {
      const set = new Map<string, string | undefined>();
      const headers = {
        has: (name: string) => outgoing.hasOwn(name),
        set(name: string, value: string | undefined) {
          if (!outgoing.hasOwn(name)) set.set(name.toLowerCase(), value);
        },
      };
      attempt.sent = { ...attempt.about(), request: this.request, headers };
      events["byname:send"].publish(attempt.sent);
      carry(set);
    });
  }
}

/** Begins to tell of a request, where somebody listens. To be called in its caller's own async context. */
export function told(query: Query, outgoing: Outgoing): Told | undefined {
  const isHeard = events["byname:start"].hasSubscribers || events["byname:send"].hasSubscribers;
  return isHeard ? new Told(query, outgoing) : undefined;
}
