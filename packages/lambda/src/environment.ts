import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Byname,
  type BynameOptions,
  ConfigError,
  createByname,
  type Scope,
  type Surroundings,
} from "byname";
import { isContext, type LambdaContext } from "./context.ts";

/** Options of byname, and one more. Everything is optional. */
export interface LambdaOptions extends Omit<BynameOptions, "scope"> {
  /**
   * Milliseconds of the invocation's time that requests leave over, so that the handler can still answer or throw.
   * A request that is not over by then, its response's body included, fails with a DeadlineError.
   * @default 100
   */
  readonly margin?: number;
}

/** The most milliseconds that `ready` takes: as long as byname waits for DNS, and a fifth of the time that Lambda gives init. */
const readyMost = 2_000;

/** Invocations this many milliseconds apart may have a freeze between them: the shortest time that answers are kept by rule. */
const pause = 10_000;

/**
 * Environment: byname in one execution environment of a function, or in one worker of a managed instance. It is made
 * during init, and what belongs to an invocation follows the invocation's own work, however many run at the same time.
 */
export class Environment {
  readonly byname: Byname;
  readonly #margin: number;
  readonly #clock: Pick<Surroundings["clock"], "now">;
  readonly #scopes = new AsyncLocalStorage<() => Scope | undefined>();
  readonly #prefetched: Promise<unknown>;
  #seenAt: number;

  /** Begins to look the catalog's services up. @throws ConfigError where an option is wrong. */
  constructor({ margin = 100, ...options }: LambdaOptions = {}, surroundings: Partial<Surroundings> = {}) {
    if (typeof margin !== "number" || !(margin >= 0))
      throw new ConfigError("margin", margin, "milliseconds, as a number from 0 on");
    this.#margin = margin;
    this.#clock = surroundings.clock ?? Date;
    this.#seenAt = this.#clock.now();
    this.byname = createByname({ ...options, scope: () => this.#scopes.getStore()?.() }, surroundings);
    this.#prefetched = this.byname.prefetch();
  }

  /**
   * Done when the catalog's services have been looked up, or after two seconds. Never rejects.
   * Its timer keeps the process alive, as nothing else might while a module awaits this.
   */
  async ready(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, readyMost);
    await Promise.race([this.#prefetched, promise]);
    clearTimeout(timer);
  }

  /** Runs an invocation's work. */
  run<Result>(context: unknown, work: () => Result): Result {
    return this.#scopes.run(this.#begin(context), work);
  }

  /**
   * Makes what follows in the caller's own course an invocation's work.
   * @returns ends that: the course may go on after the invocation, as in tests
   */
  enter(context: unknown): () => void {
    const scope = this.#begin(context);
    let isOver = false;
    this.#scopes.enterWith(() => (isOver ? undefined : scope()));
    return () => {
      isOver = true;
    };
  }

  #begin(context: unknown): () => Scope | undefined {
    this.#wake();
    if (!isContext(context)) return () => undefined;
    // With a callback, Lambda would wait for kept-alive connections to end.
    context.callbackWaitsForEmptyEventLoop = false;
    const headers = traceHeaders(context);
    return () => ({ remaining: context.getRemainingTimeInMillis() - this.#margin, headers });
  }

  /** After a freeze what is known may be old: it is looked up again, while the handler does what comes before its first call. */
  #wake(): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#seenAt) >= pause) void this.byname.prefetch();
    this.#seenAt = now;
  }
}

/** The variable is the trace of the one invocation there is, and not set where there are several at a time. */
function traceHeaders({ xRayTraceId }: LambdaContext): Record<string, string> {
  const trace = xRayTraceId ?? process.env._X_AMZN_TRACE_ID ?? "";
  return /^[!-~]+$/.test(trace) ? { "x-amzn-trace-id": trace } : {};
}
