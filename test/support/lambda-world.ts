import type { FunctionOptions } from "../../examples/ec-store/lambda/function.ts";
import { startFunction, type TestFunction } from "./lambda.ts";
import { type OrdersWorld, ordersWorld } from "./orders-world.ts";

/** LambdaWorld: AWS's side with a service `orders`, its tasks, and a function that calls them. */
export interface LambdaWorld extends OrdersWorld {
  readonly lambda: TestFunction;
}

/** @param options its `root` is the folder with the tests' functions, where it is left out. */
export async function lambdaWorld(
  options: FunctionOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<LambdaWorld> {
  const orders = await ordersWorld();
  const root = new URL("../lambda/functions", import.meta.url).pathname;
  const lambda = await startFunction({ root, ...options }, { ...orders.local.env("lambda"), ...env });
  return {
    ...orders,
    lambda,
    async [Symbol.asyncDispose]() {
      await lambda[Symbol.asyncDispose]();
      await orders[Symbol.asyncDispose]();
    },
  };
}
