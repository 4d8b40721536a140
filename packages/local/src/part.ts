import type { Fault, FaultHandle } from "./fault.ts";

/** One of the four things that can break alone. */
export interface Part<Seen> {
  /** Cuts every open connection and frees the address. May be called twice. */
  stop(): Promise<void>;
  /** Takes the same address again. May be called twice, but not once Local is closed. */
  start(): Promise<void>;
  /** Begins a fault. It ends with `mend()`, with the block of a `using` declaration, or after `times` requests. */
  fault(fault: Fault): FaultHandle;
  /** Ends every fault of this part. */
  mend(): void;
  /** What it was asked since the beginning or `forget()`, oldest first; the last 10,000. */
  readonly requests: readonly Seen[];
  /** Empties `requests`. */
  forget(): void;
}

const remembered = 10_000;

/** The requests a part has seen, bounded. */
export class RequestLog<Seen> {
  readonly entries: Seen[] = [];

  add(seen: Seen): void {
    if (this.entries.length >= remembered) this.entries.shift();
    this.entries.push(seen);
  }

  forget(): void {
    this.entries.length = 0;
  }
}

/** Resolves after so many milliseconds without keeping the process alive. */
export function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
