import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { endChild } from "../child.ts";
import { RuntimeApi } from "./runtime-api.ts";

/** The file that a function's process runs. */
export const bootstrap = fileURLToPath(new URL("./bootstrap.ts", import.meta.url));

export interface FunctionOptions {
  /** Milliseconds for one invocation; 30 seconds when left out. */
  readonly timeout?: number;
  /** The folder with the function's code... */
  readonly root?: string;
  /** ...and a file there and its export. */
  readonly handler?: string;
}

/** Starts the bootstrap with this environment besides its own. */
export type Start = (env: Readonly<Record<string, string>>) => ChildProcess;

/**
 * LambdaFunction: a function with one execution environment, made by its first invocation. Between invocations its
 * process is really stopped, as Lambda freezes it.
 */
export class LambdaFunction {
  readonly #env: Record<string, string>;
  readonly #start: Start;
  readonly #api: RuntimeApi;
  #process: ChildProcess | undefined;

  private constructor(name: string, start: Start, options: FunctionOptions) {
    const { timeout = 30_000, root = import.meta.dirname, handler = "handler.handler" } = options;
    this.#start = start;
    this.#env = { AWS_LAMBDA_FUNCTION_NAME: name, LAMBDA_TASK_ROOT: root, _HANDLER: handler };
    this.#api = new RuntimeApi(`arn:aws:lambda:eu-west-1:111122223333:function:${name}`, timeout, {
      freeze: () => this.#process?.kill("SIGSTOP"),
      thaw: () => this.#process?.kill("SIGCONT"),
    });
  }

  static async create(name: string, start: Start, options: FunctionOptions = {}): Promise<LambdaFunction> {
    const created = new LambdaFunction(name, start, options);
    created.#env.AWS_LAMBDA_RUNTIME_API = await created.#api.listen();
    return created;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Makes the environment ahead of the first invocation, as provisioned concurrency does. */
  init(): void {
    this.#process ??= this.#begin();
  }

  /** Rejects with the function's error. */
  invoke(event: unknown): Promise<unknown> {
    this.init();
    return this.#api.invoke(event);
  }

  /** Without extensions a function gets no time to end: it is killed. */
  async stop(): Promise<void> {
    if (this.#process) await endChild({ process: this.#process }, "SIGKILL");
    this.#api.close();
  }

  #begin(): ChildProcess {
    const child = this.#start(this.#env);
    const guard = endWithParent(child.pid!);
    child.once("exit", (code, signal) => {
      guard.kill("SIGKILL");
      this.#process = undefined;
      this.#api.lost(`the function's process ended (${signal ?? code})`);
    });
    return child;
  }
}

/** A process that stands still cannot see that its parent is gone; so a shell waits for the end of a pipe instead. */
function endWithParent(pid: number): ChildProcess {
  const script = 'read -r _; kill -KILL "$1"';
  const guard = spawn("/bin/sh", ["-c", script, "guard", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.on("error", () => {});
  guard.unref();
  return guard;
}
