import type { SourceReport } from "byname";

/** Span: one stretch of a request, in milliseconds since the request's beginning. */
export interface Span {
  readonly kind: "resolve" | "question" | "attempt" | "connect" | "tcp" | "tls" | "wait" | "body";
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** What came of it. */
  readonly outcome?: string;
  readonly isFailed?: boolean;
  /** The endpoint it went to, as a URL has it. */
  readonly endpoint?: string;
  /** What each source said. */
  readonly sources?: readonly SourceReport[];
}

/** Something that happened at one moment. */
export interface Moment {
  readonly at: number;
  readonly text: string;
}

/** Sheet: what those who listen write on. */
export interface Sheet {
  readonly spans: Span[];
  readonly moments: Moment[];
  /** Milliseconds since the beginning. */
  now(): number;
}

/** Who listens, by the channel's name. */
export type Listener = readonly [channel: string, listen: (message: unknown) => void];

/** The messages of a channel are what its publisher says they are. */
export function on<Message>(channel: string, listen: (message: Message) => void): Listener {
  return [channel, (message) => listen(message as Message)];
}
