import type { Site } from "./site.ts";

/** Finding: what one check saw: the evidence, what it means, and what to change. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** The service it is about; none for what concerns all of them. */
  readonly service?: string;
  /** In a few words. */
  readonly title: string;
  /** What was seen, as it was seen. */
  readonly evidence: readonly string[];
  readonly means?: string;
  readonly changes?: readonly Change[];
}

/**
 * - `good`: as it should be
 * - `note`: worth knowing, nothing is wrong
 * - `wrong`: will hurt sooner or later, or already costs something
 * - `broken`: a service cannot be called from here: the promise is broken
 * - `unseen`: cannot be told from here
 */
export type Verdict = "good" | "note" | "wrong" | "broken" | "unseen";

export interface Change {
  /** What to do, in a sentence. */
  readonly what: string;
  /** The same as a command of AWS's CLI. */
  readonly cli?: string;
  readonly terraform?: string;
}

/** A check: it looks, and never changes anything. */
export interface Check {
  readonly name: string;
  /** What it looks at, for `--help` and the docs. */
  readonly about: string;
  readonly look: (site: Site) => Promise<readonly Told[]> | readonly Told[];
}

/** A finding before its check's name is put to it. */
export type Told = Omit<Finding, "check">;
