import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Case: one thing that a program may do with fetch. It is done by each way of calling, and what the program and the
 * servers saw of it must be the same as by the platform's own fetch.
 */
export interface Case {
  readonly name: string;
  /** What the program does; it gives back what is compared: a Response, which is read to its end, or any other value. */
  readonly call: (fetch: Fetch, at: Places) => unknown;
  /** How the service `orders` answers. @default once the request's body has come, with `served` */
  readonly serve?: Serve;
  /** A part of what the platform's own fetch makes of it, lest nothing is compared with nothing. @default an answer 200 */
  readonly shows?: unknown;
}

export type Fetch = typeof globalThis.fetch;

/** Where things are, and what happens there. */
export interface Places {
  /** Origins: of the service that most cases are about, of another one, of one that nobody serves any more. */
  readonly orders: string;
  readonly users: string;
  readonly gone: string;
  /** And of a host that is no service's. */
  readonly outside: string;
  /** Tells the other side of the case, the caller or the server, of something. */
  readonly tell: (word: string) => void;
  /** Done when that was told. */
  readonly told: (word: string) => Promise<void>;
}

export type Serve = (request: IncomingMessage, response: ServerResponse, at: ServedPlaces) => unknown;

export interface ServedPlaces extends Places {
  /** The whole of the request's body. Never done where the caller cuts it. */
  readonly body: Promise<Buffer>;
}
