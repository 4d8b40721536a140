import type { Attempt, Reins } from "./attempt.ts";
import { CurrentCaller } from "./current-caller.ts";
import { type Handler, isCurrent } from "./dispatch.ts";
import { LegacyCaller } from "./legacy-caller.ts";

/**
 * Caller: the handler of whoever made a request. It is told of one request, however many attempts that takes, and
 * holds the reins from the beginning, so that an abort counts at once, also while nothing is connected yet.
 */
export interface Caller {
  /** @param reins what the caller gives the whole request up by */
  start(reins: Reins): void;
  fail(error: unknown): void;
  /**
   * The request is over. The caller may keep the reins for longer, and nothing of the request is to be kept with them: what
   * outlives its own time is expensive to collect.
   */
  end(): void;
  /** The handler of one attempt: of the caller's own generation, since dispatchers tell them apart by their methods. */
  attempt(attempt: Attempt, events: AttemptEvents): Handler;
}

/** What an attempt's handler tells. */
export interface AttemptEvents {
  /** A connection is there, and nothing was sent yet. The attempt is aborted at once where it is not to send. */
  begun(attempt: Attempt, reins: Reins): void;
  answered(attempt: Attempt, status: number, headers: unknown): Verdict;
  /** The text of an answer that is being held, as far as it has come. */
  replied(attempt: Attempt, text: string, isWhole: boolean): void;
  completed(attempt: Attempt): void;
  /** The connection is not HTTP any more. @returns whether the caller is to have it. */
  upgraded(attempt: Attempt, status: number): boolean;
  failed(attempt: Attempt, error: unknown): void;
}

/** What becomes of an answer: it goes to the caller, or nobody wants it, or it waits until more is known of it. */
export type Verdict = "pass" | "drop" | "hold";

export function callerOf(handler: Handler): Caller {
  return isCurrent(handler) ? new CurrentCaller(handler) : new LegacyCaller(handler);
}
