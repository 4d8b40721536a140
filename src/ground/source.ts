import type { FoundEndpoint } from "./endpoint.ts";
import type { SourceName } from "./resolution.ts";
import type { Query } from "./service.ts";

/**
 * Source: one way of looking a service up. It knows names; time, caching and other sources are not its concern.
 *
 * `lookup` is called for one query at a time, unless an earlier call was aborted; never after `close`.
 */
export interface Source {
  /** As errors, events and the option `sources` show it. */
  readonly name: SourceName;
  /**
   * True where the user wrote the addresses down himself: they are then used as they are, host names and
   * loopback included. Answers of other sources are input from outside, and addresses that no service should
   * have are refused.
   * @default false
   */
  readonly trusted?: boolean;
  /**
   * True for a source that does not balance over tasks but stands in for them. A last good answer of another
   * source is preferred to it while that is not too old.
   * @default false
   */
  readonly lastResort?: boolean;
  /**
   * Answers at once or later. A rejection counts as `unavailable`. When `signal` aborts, nobody waits for the
   * answer any more.
   */
  lookup(query: Query, signal: AbortSignal): Answer | Promise<Answer>;
  /** Called once, when the instance ends. */
  close?(): void | Promise<void>;
}

/** Answer: the five things a source can say. Any but `endpoints` sends the resolver on to the next source. */
export type Answer =
  /** Here they are. */
  | {
      readonly kind: "endpoints";
      readonly endpoints: readonly FoundEndpoint[];
      /** How long the answer is fresh, in milliseconds. */
      readonly ttl: number;
    }
  /** Cannot know this name, and found that out without asking anyone. */
  | { readonly kind: "notMine"; readonly detail: string }
  /** An authoritative no. */
  | { readonly kind: "notFound"; readonly detail: string }
  /** The service exists and has no instance that can be called. */
  | { readonly kind: "empty"; readonly detail: string }
  /** It could not be asked. */
  | {
      readonly kind: "unavailable";
      readonly detail: string;
      /**
       * Whether the trouble is the source's, so that it is left out for every service for a while, or only
       * this service's (access denied to one name, one broken zone).
       * @default "source"
       */
      readonly scope?: "source" | "service";
    };

/** What one source said, kept for errors and events. Holds text only, so that nothing secret can come along. */
export interface SourceReport {
  readonly source: SourceName;
  /** `skipped`: left out because it was unavailable a moment ago; `pending`: had not answered yet. */
  readonly answer: Answer["kind"] | "skipped" | "pending";
  readonly detail: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}
