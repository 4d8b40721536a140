import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as pause } from "node:timers/promises";
import { type BynameEvents, type Endpoint, ResolveError, type Source, type SourceReport } from "byname";
import { bynameWith, type Setting } from "./setting.ts";
import { count } from "./terminal/text.ts";
import { warm } from "./warm.ts";

/** What one source says when it is the only one. */
export interface SourceAnswer extends SourceReport {
  readonly endpoints: readonly Endpoint[];
  /** Wall time in milliseconds since the epoch at which the answer stops being fresh. */
  readonly expiresAt?: number;
}

/**
 * Asks each source of the setting alone. The next one is asked when one has answered, and after a while at the latest:
 * all at the same time, they would hold each other up in this process, and none would seem as fast as it is.
 */
export async function askEach(setting: Setting, service: string): Promise<SourceAnswer[]> {
  await warm();
  const asked: Promise<SourceAnswer>[] = [];
  for (const source of setting.sources) {
    const answer = askOne(setting, service, source);
    asked.push(answer);
    await atMost(answer, 250);
  }
  return Promise.all(asked);
}

/** Done with the work or after so many milliseconds; whether the work fails is told to whoever waits for it. */
async function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  const over = new AbortController();
  const late = pause(ms, undefined, { signal: over.signal });
  await Promise.race([work, late]).catch(() => {});
  over.abort();
  await late.catch(() => {});
}

/**
 * Asks one source as if there were no other.
 * @param service its key in the catalog.
 */
export async function askOne(
  setting: Setting,
  service: string,
  source: Setting["sources"][number],
): Promise<SourceAnswer> {
  const name = nameOf(source);
  const started = performance.now();
  let report: SourceReport | undefined;
  // Every instance of this process is heard, and other services may be asked at the same time.
  const note = (message: unknown) => {
    const { service: asked, attempts } = message as BynameEvents["byname:resolve"];
    if (asked === service && attempts.length === 1 && attempts[0]!.source === name) report = attempts[0];
  };
  subscribe("byname:resolve", note);
  const byname = bynameWith(setting, [source]);
  try {
    const { endpoints, expiresAt } = await byname.resolve(service);
    const detail = count(endpoints.length, "endpoint");
    const ms = performance.now() - started;
    return { ...(report ?? { source: name, answer: "endpoints", detail, ms }), endpoints, expiresAt };
  } catch (error) {
    const said = error instanceof ResolveError ? error.attempts[0] : undefined;
    if (!said) throw error;
    return { ...said, endpoints: [] };
  } finally {
    unsubscribe("byname:resolve", note);
    await byname.destroy();
  }
}

export function nameOf(source: string | Source): string {
  return typeof source === "string" ? source : source.name;
}
