import type { Endpoint } from "./endpoint.ts";
import type { BynameError } from "./errors.ts";

/** Resolution: where a service can be reached now, who said so, and how long that holds. Never changed once made. */
export interface Resolution {
  /** The service's key in the catalog. */
  readonly service: string;
  /** The source that answered: `serviceConnect`, `dns`, `cloudMap`, `fixed`, or a source of the user's. */
  readonly source: SourceName;
  /** True for an answer past its lifetime that is served while a new one is being fetched, or cannot be. */
  readonly stale: boolean;
  /** Wall time in milliseconds since the epoch at which the answer stops being fresh. */
  readonly expiresAt: number;
  readonly endpoints: readonly Endpoint[];
}

/** The sources that byname brings. */
export type BuiltInSource = "serviceConnect" | "dns" | "cloudMap" | "fixed";

// The intersection keeps editors offering the built-in names while any string is accepted.
/** A built-in one, or the name of one of your own. */
export type SourceName = BuiltInSource | (string & {});

/** What `watch` yields: a resolution whenever the endpoints or their source changed, or that there is none. */
export type ServiceState =
  | (Resolution & { readonly error?: undefined })
  | { readonly service: string; readonly endpoints: readonly []; readonly error: BynameError };
