import { execFileSync, fork } from "node:child_process";
import { expect } from "vitest";
import { bootstrap, type FunctionOptions, LambdaFunction } from "../../examples/ec-store/lambda/function.ts";

/** TestFunction: a Lambda function in a process of its own, frozen whenever it has nothing to do. */
export interface TestFunction extends AsyncDisposable {
  readonly function: LambdaFunction;
  /** Rejects with the function's error. */
  invoke(event?: unknown): Promise<unknown>;
  /** Done when the process stands still. */
  frozen(): Promise<void>;
}

/** @param env what the function's process sees besides the bootstrap's own; nothing of this one. */
export async function startFunction(
  options: FunctionOptions,
  env: Readonly<Record<string, string>>,
): Promise<TestFunction> {
  const start = (own: Readonly<Record<string, string>>) =>
    fork(bootstrap, {
      env: { ...env, ...own, PATH: process.env.PATH },
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  const made = await LambdaFunction.create("test", start, options);
  return {
    function: made,
    invoke: (event = {}) => made.invoke(event),
    frozen: () => expect.poll(() => stateOf(made.pid), { timeout: 10_000 }).toBe("T"),
    [Symbol.asyncDispose]: () => made.stop(),
  };
}

/** One letter, as ps has it: T is a process that was stopped. */
export function stateOf(pid: number | undefined): string | undefined {
  if (pid === undefined) return undefined;
  return execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).trim()[0];
}
