import { type Channel, channel } from "node:diagnostics_channel";
import type { Endpoint } from "./endpoint.ts";
import type { BynameError } from "./errors.ts";
import type { Resolution, SourceName } from "./resolution.ts";
import type { SourceReport } from "./source.ts";

/**
 * Events: what byname announces on `node:diagnostics_channel`, by the names below. Nothing is computed for an
 * event that nobody listens to. Subscribers see no query strings, headers or bodies.
 */
export interface BynameEvents {
  /** A lookup ended: with the resolution that is now served, or the error that callers got. */
  "byname:resolve": {
    readonly service: string;
    readonly resolution?: Resolution;
    readonly error?: BynameError;
    readonly attempts: readonly SourceReport[];
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
  "byname:attempt": {
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

type Channels = { readonly [Name in keyof BynameEvents]: TypedChannel<BynameEvents[Name]> };

interface TypedChannel<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

const open = (name: keyof BynameEvents): Channel => channel(name);

/** Ask `hasSubscribers` before building a message. */
export const events: Channels = {
  "byname:resolve": open("byname:resolve"),
  "byname:source": open("byname:source"),
  "byname:refuse": open("byname:refuse"),
  "byname:attempt": open("byname:attempt"),
  "byname:eject": open("byname:eject"),
  "byname:fallback": open("byname:fallback"),
};
