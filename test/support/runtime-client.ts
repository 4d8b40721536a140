import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import type { FunctionOptions } from "../../examples/ec-store/lambda/function.ts";
import { installed } from "./installed.ts";
import { stateOf } from "./lambda.ts";
import { type Invocation, type Outcome, RuntimeApi } from "./runtime-api.ts";

/**
 * RuntimeClient: a function in a process of its own, run by the runtime interface client of Lambda's own Node.js runtimes.
 * Only its native part is another (rapid-client.ts), since that takes a compiler and minutes to build.
 */
export interface RuntimeClient extends AsyncDisposable {
  readonly api: RuntimeApi;
  /** Done when the process has ended. */
  readonly ended: Promise<void>;
  /** Thaws the process first, where it is frozen. */
  invoke(event?: unknown, invocation?: Invocation): Promise<Outcome>;
  /** Stops the process as soon as it waits for an invocation; done when it stands still. */
  freeze(): Promise<void>;
}

/** @param env what the function's process sees besides Lambda's own; nothing of this one. */
export async function startClient(
  { root, handler }: Required<Pick<FunctionOptions, "root" | "handler">>,
  env: Readonly<Record<string, string>>,
): Promise<RuntimeClient> {
  const api = new RuntimeApi();
  const own = { AWS_LAMBDA_RUNTIME_API: await api.address(), LAMBDA_TASK_ROOT: root, _HANDLER: handler };
  const standIn = new URL("./rapid-client.ts", import.meta.url).href;
  const child = spawn(process.execPath, ["--import", standIn, await runtimeClient()], {
    env: { ...reserved, ...env, ...own, PATH: process.env.PATH },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = Promise.all([text(child.stderr), once(child, "exit")]).then(([said]) => api.lost(said));
  return {
    api,
    ended,
    invoke(event = {}, invocation) {
      child.kill("SIGCONT");
      return api.invoke(event, invocation);
    },
    freeze: () => freeze(child, api),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
      await api[Symbol.asyncDispose]();
    },
  };
}

/** Its file, which is installed on first use: a dependency would be built at each install of the project. */
export async function runtimeClient(): Promise<string> {
  return `${await installed("aws-lambda-ric", "4.0.2", "ignore")}/index.mjs`;
}

async function freeze(child: ChildProcess, api: RuntimeApi): Promise<void> {
  await expect.poll(() => api.idle, { timeout: 10_000 }).toBe(true);
  child.kill("SIGSTOP");
  await expect.poll(() => stateOf(child.pid), { timeout: 10_000 }).toBe("T");
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const reserved = {
  AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
  AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/test",
  AWS_LAMBDA_LOG_STREAM_NAME: "test",
};
