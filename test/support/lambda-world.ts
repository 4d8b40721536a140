import { type Local, startLocal } from "@byname/local";
import type { FunctionOptions } from "../../examples/ec-store/lambda/function.ts";
import { startFunction, type TestFunction } from "./lambda.ts";
import { type Handle, type Loopback, loopback } from "./loopback.ts";

/** LambdaWorld: AWS's side with a service `orders`, its tasks, and a function that calls them. */
export interface LambdaWorld extends AsyncDisposable {
  readonly local: Local;
  readonly lambda: TestFunction;
  /** Starts a task of `orders`. @param handle answers with the text, or as it likes. */
  task(handle: string | Handle, port?: number): Promise<Task>;
}

export interface Task extends Loopback {
  /** Is not there any more, and AWS knows. */
  leave(): Promise<void>;
}

/** @param options its `root` is the folder with the tests' functions, where it is left out. */
export async function lambdaWorld(
  options: FunctionOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<LambdaWorld> {
  // A lifetime that a test can outlast.
  const local = await startLocal({ services: { orders: { dns: { ttl: 1 } } } });
  const root = new URL("../lambda/functions", import.meta.url).pathname;
  const lambda = await startFunction({ root, ...options }, { ...local.env("lambda"), ...env });
  const tasks: Task[] = [];
  return {
    local,
    lambda,
    async task(handle, port) {
      const answer =
        typeof handle === "string" ? (_: unknown, to: { end(text: string): void }) => to.end(handle) : handle;
      const server = await loopback(answer, port ? { port } : {});
      const instance = await local.register("orders", { port: server.port });
      const leave = async () => {
        await instance.deregister();
        await server.close();
      };
      const task = Object.assign(server, { leave });
      tasks.push(task);
      return task;
    },
    async [Symbol.asyncDispose]() {
      await lambda[Symbol.asyncDispose]();
      for (const task of tasks) await task.close();
      await local.close();
    },
  };
}
