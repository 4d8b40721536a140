import { defaults } from "../ground/defaults.ts";

/**
 * RetryAfter: the header's wait in milliseconds (RFC 9110, section 10.2.3), cut to 5 minutes so that one bad endpoint
 * cannot silence its clients. Undefined where the text is neither a number of seconds nor an HTTP date.
 *
 * @param now wall time, which HTTP dates are in
 */
export function retryAfter(text: string, now: number): number | undefined {
  const value = text.trim();
  const ms = /^\d+$/.test(value)
    ? Number(value) * 1_000
    : httpDate.test(value)
      ? Date.parse(value) - now
      : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), defaults.retryAfterMost);
}

/** The date format to send; the two obsolete ones of RFC 9110, section 5.6.7, are not seen any more. */
const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
