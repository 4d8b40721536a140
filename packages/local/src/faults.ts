import { checkFault, type Fault, type FaultHandle, type FaultRules } from "./fault.ts";

/** What a request is about, as far as faults are narrowed by it. */
export interface Subject {
  /** True when a fault for this service name is meant for the request. */
  readonly isFor?: (service: string) => boolean;
  readonly operation?: string;
}

/** A fault with the state it was begun in, which `stale` answers from. */
export interface Active<Frozen> {
  readonly fault: Fault;
  readonly frozen: Frozen | undefined;
}

/** The faults of one part. The newest one that fits a request is the one it meets. */
export class Faults<Frozen = never> {
  readonly #rules: FaultRules;
  readonly #freeze: (() => Frozen) | undefined;
  readonly #active: Entry<Frozen>[] = [];

  constructor(rules: FaultRules, freeze?: () => Frozen) {
    this.#rules = rules;
    this.#freeze = freeze;
  }

  begin(fault: Fault): FaultHandle {
    checkFault(fault, this.#rules);
    const entry: Entry<Frozen> = {
      fault: { ...fault },
      frozen: fault.stale ? this.#freeze?.() : undefined,
      left: fault.times ?? Number.POSITIVE_INFINITY,
      hits: 0,
    };
    this.#active.unshift(entry);
    const mend = () => this.#remove(entry);
    return {
      mend,
      get hits() {
        return entry.hits;
      },
      [Symbol.dispose]: mend,
    };
  }

  /** The fault this request meets, counted as met. */
  meet(subject: Subject = {}): Active<Frozen> | undefined {
    const entry = this.#active.find(({ fault }) => fits(fault, subject));
    if (!entry) return undefined;
    entry.hits += 1;
    entry.left -= 1;
    if (entry.left <= 0) this.#remove(entry);
    return entry;
  }

  mend(): void {
    this.#active.length = 0;
  }

  #remove(entry: Entry<Frozen>): void {
    const at = this.#active.indexOf(entry);
    if (at >= 0) this.#active.splice(at, 1);
  }
}

interface Entry<Frozen> extends Active<Frozen> {
  left: number;
  hits: number;
}

function fits(fault: Fault, subject: Subject): boolean {
  if (fault.operation !== undefined && fault.operation !== subject.operation) return false;
  return fault.service === undefined || subject.isFor?.(fault.service) === true;
}
