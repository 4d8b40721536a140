/** Shown: what a page of the map is sent, every second and when something happens. */
export interface Shown extends MapState {
  readonly parts: readonly { readonly name: string; readonly isBroken: boolean }[];
}

export interface MapState {
  /** Wall clock, in milliseconds. */
  readonly at: number;
  readonly edges: readonly Edge[];
  /** The newest first. */
  readonly events: readonly MapEvent[];
}

export interface Edge {
  readonly caller: string;
  readonly service: string;
  /** That of most calls lately; "none" while all of them fail. */
  readonly way: string;
  /** Calls that were answered, and attempts that failed, for each second. */
  readonly rate: number;
  readonly failures: number;
  /** Milliseconds until an answer that all but one of a hundred calls stay below. */
  readonly p99: number;
  /** How many endpoints the caller leaves out. */
  readonly ejected: number;
}

export interface MapEvent {
  readonly id: number;
  readonly at: number;
  readonly kind: "broken" | "mended" | "way" | "ejected" | "back";
  /** What is taken from now on, where the kind is "way". */
  readonly way?: string;
  readonly text: string;
}

/** One call of a trace. */
export interface Hop {
  readonly caller: string;
  readonly service: string;
  readonly way: string;
  readonly method: string;
  readonly path: string;
  /** How long it took. */
  readonly ms: number;
  readonly error?: string;
}
