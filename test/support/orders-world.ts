import { type Local, startLocal } from "@byname/local";
import { type Handle, type Loopback, loopback } from "./loopback.ts";

/** OrdersWorld: AWS's side with a service `orders`, and its tasks. */
export interface OrdersWorld extends AsyncDisposable {
  readonly local: Local;
  /** Starts a task of `orders`. @param handle answers with the text, or as it likes. */
  task(handle: string | Handle, port?: number): Promise<Task>;
}

export interface Task extends Loopback {
  /** Is not there any more, and AWS knows. */
  leave(): Promise<void>;
}

export async function ordersWorld(): Promise<OrdersWorld> {
  // A lifetime that a test can outlast.
  const local = await startLocal({ services: { orders: { dns: { ttl: 1 } } } });
  const tasks: Task[] = [];
  return {
    local,
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
      for (const task of tasks) await task.close();
      await local.close();
    },
  };
}
