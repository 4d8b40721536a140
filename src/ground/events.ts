import { type Channel, channel } from "node:diagnostics_channel";
import type { Endpoint } from "./endpoint.ts";
import { type BynameError, briefly } from "./errors.ts";
import type { Resolution, SourceName } from "./resolution.ts";
import type { Query } from "./service.ts";
import type { SourceReport } from "./source.ts";

/**
 * Events: what byname announces on `node:diagnostics_channel`, by the names below. Nothing is computed for an
 * event that nobody listens to. Subscribers see no query strings, headers or bodies.
 *
 * What belongs together is told by the messages themselves: that of a beginning is a field of those that follow, the same
 * object each time, good for the key of a WeakMap. It is left out where nobody listened to the beginning.
 */
export interface BynameEvents {
  /** A request to a service begins, in the async context of whoever makes it. */
  "byname:start": {
    readonly service: string;
    /** The URL's origin, logical and in full: `http://orders`, `https://orders:8443`. */
    readonly origin: string;
    readonly method: string;
    /** Without its query string. */
    readonly path: string;
    /**
     * Only where they have to be set now, since Node.js itself sends the request: by `agent` and `httpsAgent`. All others
     * have an event `byname:send` for each attempt, with its headers.
     */
    readonly headers?: EventHeaders;
  };
  /**
   * An attempt is about to be sent to its endpoint, in the async context of whoever made the request, also where that was
   * some retries ago. By an agent: the request was given its connection.
   */
  "byname:send": AttemptEvent & {
    readonly request: BynameEvents["byname:start"];
    /** Left out by agents. They may be set as long as the event is being announced. */
    readonly headers?: EventHeaders;
  };
  /** An attempt is given up, without an answer or a failure: another was faster, or nobody wants the answer any more. */
  "byname:forgo": {
    readonly sent?: BynameEvents["byname:send"];
    /**
     * Why, where its caller gave a reason: `TimeoutError` of `AbortSignal.timeout`, the error of his own body. Left out by
     * agents, and where another attempt was faster.
     */
    readonly error?: string;
    /**
     * In its place where a request was given up while it had no attempt under way: before the first, or between two. An
     * agent's has none before it has a connection.
     */
    readonly request?: BynameEvents["byname:start"];
  };
  /**
   * A request came to nothing: no source knows the service, no endpoint could be reached, or not in time; or `destroy`
   * ended it before its answer. One that its caller gave up has not failed.
   */
  "byname:fail": {
    readonly request?: BynameEvents["byname:start"];
    readonly service: string;
    /** The error's code, such as `BYNAME_SERVICE_NOT_FOUND`, or its first line. */
    readonly error: string;
    /** How many attempts it had, which have been told. */
    readonly attempts: number;
  };
  /** Sources begin to be asked for a service, in the async context of who was the first to need that. */
  "byname:lookup": {
    readonly service: string;
    /** Whether somebody waits for it; all others are served what is known meanwhile. */
    readonly isWaitedFor: boolean;
  };
  /** A lookup ended: with the resolution that is now served, or the error that callers got; after `destroy` a ClosedError. */
  "byname:resolve": {
    readonly lookup?: BynameEvents["byname:lookup"];
    readonly service: string;
    readonly resolution?: Resolution;
    readonly error?: BynameError;
    /** The sources that were left out, since requests have shown that what they give does not work. They may have endpoints. */
    readonly without?: readonly SourceName[];
    readonly attempts: readonly SourceReport[];
    readonly ms: number;
  };
  /** DNS was asked one question. */
  "byname:dns": {
    /** As it was asked: `orders.sd.local`. */
    readonly name: string;
    /** The name that the lookup is about: another one where a target of its SRV records was asked for. */
    readonly of: string;
    readonly type: "A" | "AAAA" | "SRV";
    /** Why there is no record, as `node:dns` has it: `ENOTFOUND`, `ENODATA`, `ETIMEOUT`. */
    readonly error?: string;
    readonly ms: number;
  };
  /** A source became unavailable, or answered again. `service` is given where only that one is concerned. */
  "byname:source": {
    readonly source: SourceName;
    readonly service?: string;
    readonly state: "down" | "up";
    readonly detail: string;
  };
  /** A source gave an address that no service should have; it was left out. */
  "byname:refuse": {
    readonly service: string;
    readonly source: SourceName;
    readonly address: string;
    readonly reason: string;
  };
  /** One try at one endpoint ended: response headers came (`status`), or it failed (`error`). */
  "byname:attempt": AttemptEvent & {
    readonly sent?: BynameEvents["byname:send"];
    readonly status?: number;
    readonly error?: string;
    /** Until the response's headers, in milliseconds. */
    readonly ms: number;
  };
  /** An endpoint is left out after failing again and again, or is back (`ms` is 0). */
  "byname:eject": {
    readonly service: string;
    readonly endpoint: Endpoint;
    /** For how long, in milliseconds. */
    readonly ms: number;
  };
  /** Requests have shown that a source's endpoints do not work for a service (`left`), or that they do again (`back`). */
  "byname:fallback": {
    readonly service: string;
    readonly source: SourceName;
    readonly state: "left" | "back";
  };
}

/** What is known of an attempt when it is made. */
export interface AttemptEvent {
  readonly service: string;
  readonly source: SourceName;
  readonly stale: boolean;
  readonly endpoint: Endpoint;
  readonly method: string;
  /** Without its query string. */
  readonly path: string;
  /** How many attempts the request had before this one. */
  readonly resent: number;
  /** The endpoint lies in another zone than this process; false where either is unknown. */
  readonly crossZone: boolean;
}

/** The headers of a request, for who carries a trace on. What the caller has set himself stays as it is. */
export interface EventHeaders {
  /** Whether the caller has set this header; by an agent, whether anybody has. */
  has(name: string): boolean;
  /**
   * Does nothing where that is so.
   * @param value undefined to leave out what else would be sent, such as the header of a scope; not by an agent
   */
  set(name: string, value: string | undefined): void;
}

type Channels = { readonly [Name in keyof BynameEvents]: TypedChannel<BynameEvents[Name]> };

interface TypedChannel<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

const open = (name: keyof BynameEvents): Channel => channel(name);

/** Ask `hasSubscribers` before building a message. */
export const events: Channels = {
  "byname:start": open("byname:start"),
  "byname:send": open("byname:send"),
  "byname:forgo": open("byname:forgo"),
  "byname:fail": open("byname:fail"),
  "byname:lookup": open("byname:lookup"),
  "byname:resolve": open("byname:resolve"),
  "byname:dns": open("byname:dns"),
  "byname:source": open("byname:source"),
  "byname:refuse": open("byname:refuse"),
  "byname:attempt": open("byname:attempt"),
  "byname:eject": open("byname:eject"),
  "byname:fallback": open("byname:fallback"),
};

/** A request's beginning as it is announced. */
export function startOf(
  { service, origin }: Query,
  { method = "GET", path }: { readonly method?: string; readonly path: string },
  headers?: EventHeaders,
): BynameEvents["byname:start"] {
  return { service: service.key, origin, method, path: withoutQuery(path), ...(headers ? { headers } : {}) };
}

/** @param attempts how many it had */
export function announceFailure(
  { service }: Query,
  error: unknown,
  request: BynameEvents["byname:start"] | undefined,
  attempts = 0,
): void {
  const channel = events["byname:fail"];
  if (!channel.hasSubscribers) return;
  channel.publish({ service: service.key, error: briefly(error), attempts, ...(request ? { request } : {}) });
}

/**
 * An attempt, or a request that has none under way, is not wanted any more.
 * @param reason what its caller gave it up by
 */
export function announceForgone(
  what: Pick<BynameEvents["byname:forgo"], "sent" | "request">,
  reason?: unknown,
): void {
  const channel = events["byname:forgo"];
  if (!channel.hasSubscribers) return;
  channel.publish(isReason(reason) ? { ...what, error: briefly(reason) } : what);
}

/** An abort says so itself where its caller gave no reason, and undici does in words of its own. */
function isReason(reason: unknown): boolean {
  const { name, code } = (reason ?? {}) as { name?: unknown; code?: unknown };
  return reason !== undefined && name !== "AbortError" && code !== "UND_ERR_ABORTED";
}

export function withoutQuery(path: string): string {
  return path.split("?", 1)[0]!;
}
