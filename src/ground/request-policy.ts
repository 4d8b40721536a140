/** RequestPolicy: how long and how often a request is tried. For all services, for one, or for one call. */
export interface RequestPolicy {
  /**
   * Milliseconds until the response's headers, over all attempts and the looking up; 0 for no limit. The time in which a
   * request's body is sent in pieces does not count, nor does the response's body; whoever reads or writes them has a
   * signal for that; by an agent it ends with the connection. So it is with Service Connect's proxy
   * (https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts).
   * @default 15000, Service Connect's own limit
   */
  readonly timeout: number;
  /**
   * Milliseconds until the headers in one attempt, the sending of a body included; 0 for whatever is left of `timeout`.
   * @default 0
   */
  readonly attemptTimeout: number;
  /**
   * Milliseconds after which an idempotent request without an answer is sent to a second endpoint as well, and the
   * faster answer counts; 0 for never. Bodies in pieces, such as streams, are never sent twice for it. It takes from the same budget as retries. The 95th percentile of the service's
   * latency is a good figure.
   * @default 0
   */
  readonly hedgeAfter: number;
  /**
   * How often a request is sent again at most, from 0 to 10. Only what is safe is: what did not reach the service, and
   * what is idempotent by its method or by an `Idempotency-Key` header. Another endpoint for what was not sent does not
   * count, except that with 0 only the next source is tried.
   * @default 2, as Service Connect's proxy does
   */
  readonly retries: number;
}

/**
 * What is left of an outer limit always wins, and is a limit even where it is no time at all.
 * @param remaining milliseconds; undefined where there is none
 * @returns the policy itself where it is not cut short
 */
export function within(remaining: number | undefined, policy: RequestPolicy): RequestPolicy {
  if (remaining === undefined || (policy.timeout > 0 && policy.timeout <= remaining)) return policy;
  return { ...policy, timeout: Math.max(remaining, 1) };
}
