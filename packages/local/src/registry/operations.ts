import { AwsError } from "./aws-error.ts";
import { newId } from "./ids.ts";
import type { Operation, OperationType } from "./model.ts";

/** A change that has been accepted. `done` resolves once it is visible everywhere. */
export interface Submitted {
  readonly id: string;
  readonly done: Promise<void>;
}

/**
 * Changes under way. Cloud Map accepts most changes first and carries them out later (GetOperation in the API
 * reference); here that takes `delay` milliseconds, and with 0 it is over before the answer is given.
 */
export class Operations {
  #delay: number;
  readonly #all = new Map<string, Operation>();
  readonly #busy = new Map<string, string>();
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; settle: () => void }>();

  constructor(delay: number) {
    this.#delay = delay;
  }

  /** Takes a change on `target`, of which only one may be under way. */
  submit(type: OperationType, targets: Operation["targets"], target: string, apply: () => void): Submitted {
    const busy = this.#busy.get(target);
    if (busy)
      throw new AwsError("DuplicateRequest", "The operation is already in progress", {
        DuplicateOperationId: busy,
      });
    const now = Date.now();
    const operation: Operation = {
      id: newId("op"),
      type,
      status: "PENDING",
      targets,
      createdAt: now,
      updatedAt: now,
    };
    this.#all.set(operation.id, operation);
    if (this.#delay === 0) {
      this.#finish(operation, apply);
      return { id: operation.id, done: Promise.resolve() };
    }
    this.#busy.set(target, operation.id);
    return { id: operation.id, done: this.#later(operation, target, apply) };
  }

  /** Carries out what `change` submits without the delay: what is set up is there from the start. */
  atOnce<Result>(change: () => Result): Result {
    const delay = this.#delay;
    this.#delay = 0;
    try {
      return change();
    } finally {
      this.#delay = delay;
    }
  }

  get(id: string): Operation {
    const operation = this.#all.get(id);
    if (!operation) throw new AwsError("OperationNotFound", `No operation exists with the ID ${id}`);
    return operation;
  }

  list(): Operation[] {
    return [...this.#all.values()];
  }

  /** How many changes of targets that begin so are under way. */
  pending(prefix: string): number {
    return [...this.#busy.keys()].filter((target) => target.startsWith(prefix)).length;
  }

  /** Forgets what is under way; nobody waits for it any longer. */
  close(): void {
    for (const { timer, settle } of this.#timers.values()) {
      clearTimeout(timer);
      settle();
    }
    this.#timers.clear();
    this.#busy.clear();
  }

  #later(operation: Operation, target: string, apply: () => void): Promise<void> {
    return new Promise((settle) => {
      const timer = setTimeout(() => {
        this.#timers.delete(operation.id);
        this.#busy.delete(target);
        this.#finish(operation, apply);
        settle();
      }, this.#delay).unref();
      this.#timers.set(operation.id, { timer, settle });
    });
  }

  #finish(operation: Operation, apply: () => void): void {
    let status: Operation["status"] = "SUCCESS";
    try {
      apply();
    } catch {
      // Something it needed went away while it was under way: AWS reports that by the operation's status.
      status = "FAIL";
    }
    this.#all.set(operation.id, { ...operation, status, updatedAt: Date.now() });
  }
}
