import { type ChildProcess, spawn } from "node:child_process";
import type { Local } from "@byname/local";
import { type Child, endChild, type OnAttempt, startChild } from "../child.ts";
import { RuntimeApi } from "./runtime-api.ts";

/** Milliseconds for one invocation. */
const timeout = 30_000;

/**
 * LambdaFunction: a function with one execution environment, made by its first invocation. Between invocations its
 * process is really stopped, as Lambda freezes it.
 */
export class LambdaFunction {
  readonly #name: string;
  readonly #local: Local;
  readonly #onAttempt: OnAttempt;
  readonly #api: RuntimeApi;
  #address = "";
  #child: Child | undefined;

  private constructor(name: string, local: Local, onAttempt: OnAttempt) {
    this.#name = name;
    this.#local = local;
    this.#onAttempt = onAttempt;
    this.#api = new RuntimeApi(`arn:aws:lambda:eu-west-1:111122223333:function:${name}`, timeout, {
      freeze: () => this.#child?.process.kill("SIGSTOP"),
      thaw: () => this.#child?.process.kill("SIGCONT"),
    });
  }

  static async create(name: string, local: Local, onAttempt: OnAttempt): Promise<LambdaFunction> {
    const created = new LambdaFunction(name, local, onAttempt);
    created.#address = await created.#api.listen();
    return created;
  }

  get pid(): number | undefined {
    return this.#child?.process.pid;
  }

  /** Rejects with the function's error. */
  invoke(event: unknown): Promise<unknown> {
    this.#child ??= this.#start();
    return this.#api.invoke(event);
  }

  /** Without extensions a function gets no time to end: it is killed. */
  async stop(): Promise<void> {
    if (this.#child) await endChild(this.#child, "SIGKILL");
    this.#api.close();
  }

  #start(): Child {
    const env = {
      ...this.#local.env("lambda", { service: this.#name }),
      AWS_LAMBDA_RUNTIME_API: this.#address,
    };
    const child = startChild(this.#name, "./lambda/bootstrap.ts", env, this.#onAttempt);
    const guard = endWithParent(child.process.pid!);
    child.process.once("exit", (code, signal) => {
      guard.kill("SIGKILL");
      this.#child = undefined;
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
