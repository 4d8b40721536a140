/** What is known of an attempt that failed, and of its request. */
export interface Failure {
  /** It had a connection, so the service may have seen the request. */
  readonly wasSent: boolean;
  /** It went through Service Connect's proxy, which repeats by itself what was sent. */
  readonly isProxied: boolean;
  /** No attempt of this request failed before. */
  readonly isFirst: boolean;
  /** There is an endpoint that this request was not sent to yet. */
  readonly hasOther: boolean;
  /** Sending the request twice does no harm, and all of it can be sent. */
  readonly mayRepeat: boolean;
  /** All of it can be sent, whether that does harm or not. */
  readonly canResend: boolean;
}

/**
 * A way to go on:
 * - `wait`: another attempt is under way, and has the request now;
 * - `another`: another endpoint of the same list, at once;
 * - `beyond`: what the next source gives;
 * - `atOnce`, `again`: from the beginning, at once or after a while;
 * - `afresh`: from the beginning, when the lookup that the failure has begun tells more.
 */
export type Way = "wait" | "another" | "beyond" | "atOnce" | "again" | "afresh";

/**
 * Next: how a request goes on after one of its attempts failed. The first way that is open is gone, where each costs
 * a retry but `wait` and `beyond`; without any, the request fails.
 *
 * What was not sent goes on whatever it is. What was sent goes on only where sending it twice does no harm: then the
 * first failure is taken for a connection that had gone stale, for which there is no need to wait.
 */
export function waysAfter(failure: Failure): readonly Way[] {
  const { wasSent, isProxied, isFirst, hasOther, mayRepeat, canResend } = failure;
  if (!canResend) return ["wait"];
  if (!wasSent) return hasOther ? ["another", "wait", "beyond", "afresh"] : ["wait", "beyond", "afresh"];
  // The proxy repeats what tasks fail. A connection to the proxy itself breaks when it stops, or was stale.
  if (!mayRepeat || (isProxied && !isFirst)) return ["wait"];
  return ["wait", isFirst ? "atOnce" : "again"];
}
