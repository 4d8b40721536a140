import type { Byname } from "../../src/byname.ts";
import type { Loopback } from "../support/loopback.ts";

/** Fault: one thing that goes wrong, and what becomes of a request then. A row of the table, here and in the docs. */
export interface Fault {
  readonly name: string;
  /** What byname does about it, for the docs. */
  readonly remedy: string;
  /** Sets it up. What goes onto the stack is put away when the request is over, the last first. */
  arrange(parts: AsyncDisposableStack): Promise<Scene>;
  /** What becomes of a request that may be repeated, and, where that differs, of one that may not. */
  readonly fate: Fate;
  readonly unrepeated?: Fate;
}

export interface Fate {
  /** The status of the answer, or the code of the error. */
  readonly sees: Sees;
  /** The code of the error's cause. */
  readonly because?: string;
  /** How often tasks have seen the request, over all. */
  readonly reached: number;
  /** How many attempts were made and came to something, answer or error. */
  readonly attempts: number;
  /** In milliseconds. */
  readonly notBefore?: number;
}

/** `cut` is an answer of status 200 whose body breaks off. */
export type Sees =
  | 200
  | 500
  | 503
  | 504
  | "cut"
  | "BYNAME_REQUEST"
  | "BYNAME_DEADLINE"
  | "BYNAME_RESOLVE"
  | "BYNAME_NO_ENDPOINTS";

export interface Scene {
  readonly byname: Byname;
  readonly tasks: readonly Loopback[];
  /** @default "http://orders/" */
  readonly url?: string;
  /** What happens while the request is under way. */
  meanwhile?(): Promise<void>;
}
