import { backoff } from "../balance/backoff.ts";
import type { Clock } from "../ground/clock.ts";
import type { RequestPolicy } from "../ground/request-policy.ts";
import type { DispatchOptions } from "./dispatch.ts";
import { type HeaderList, headerValue } from "./headers.ts";
import type { Traffic } from "./traffic.ts";

export interface RetryContext {
  readonly clock: Clock;
  readonly random: () => number;
}

/** Retries: how often one request may still be tried, and when. */
export class Retries {
  readonly #policy: RequestPolicy;
  readonly #traffic: Pick<Traffic, "budget" | "time">;
  readonly #context: RetryContext;
  readonly #deadline: () => number;
  #made = 0;

  /** @param deadline by when there has to be an answer, by the monotonic clock, in milliseconds */
  constructor(
    policy: RequestPolicy,
    traffic: Pick<Traffic, "budget" | "time">,
    context: RetryContext,
    deadline: () => number,
  ) {
    this.#policy = policy;
    this.#traffic = traffic;
    this.#context = context;
    this.#deadline = deadline;
  }

  /**
   * Takes one retry.
   * @param atOnce where waiting does not help, because the next attempt goes elsewhere.
   * @param atLeast what the service asked for by `Retry-After`, in milliseconds.
   * @returns how long to wait before it, in milliseconds; undefined where none is left, or no time for it.
   */
  take({ atOnce = false, atLeast = 0 } = {}): number | undefined {
    if (this.#made >= this.#policy.retries) return undefined;
    const now = this.#context.clock.monotonic();
    const delay = atOnce ? 0 : Math.max(backoff(this.#made, this.#context.random), atLeast);
    if (now + delay >= this.#deadline() || !this.#isLeft(now)) return undefined;
    this.#made += 1;
    return delay;
  }

  /**
   * Takes an attempt at another endpoint for what was not sent. It is no retry, since the service saw nothing: of many
   * endpoints that are gone, each has to be met once. The budget limits it all the same.
   */
  takeElsewhere(): boolean {
    return this.#policy.retries > 0 && this.#takeOne();
  }

  /** Takes a second connection for what waits for its first. Where tasks are slow to accept, more of them would not help. */
  takeRacer(): boolean {
    return this.#takeOne();
  }

  /** Another source is tried for the first time: the failures so far do not count against it. */
  renew(): void {
    this.#made = 0;
  }

  #takeOne(): boolean {
    const now = this.#context.clock.monotonic();
    return now < this.#deadline() && this.#isLeft(now);
  }

  #isLeft(now: number): boolean {
    const { budget, time } = this.#traffic;
    return budget.take(time.at(now, this.#context.clock.now()));
  }
}

/**
 * Whether a request may reach a service twice: methods that are idempotent by definition (RFC 9110, section 9.2.2, and
 * QUERY), and any other whose caller promises it by an `Idempotency-Key` header.
 */
export function isIdempotent({ method = "GET" }: DispatchOptions, headers: HeaderList): boolean {
  return idempotentMethods.has(method.toUpperCase()) || headerValue(headers, "idempotency-key") !== "";
}

const idempotentMethods = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"]);

/** Answers that another endpoint may better: what stands for a task that is not there, not yet, or not any more. */
export function isTrouble(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

/** Whether an error tells of the endpoint, and not of an abort or of a request that cannot be sent to any. */
export function isOfEndpoint(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name !== "AbortError" && !callersCodes.has(code);
}

const callersCodes = new Set<unknown>([
  "BYNAME_CLOSED",
  "UND_ERR_ABORTED",
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
]);
