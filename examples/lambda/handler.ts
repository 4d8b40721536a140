import { type LambdaContext, withByname } from "@byname/lambda";

/** Handler: the function. Nothing in it knows that it is frozen between invocations, or when its time is over. */
export const handler = withByname(
  { namespace: "sd.local", services: { orders: {} } },
  async ({ order }: { order: number }, _context: LambdaContext, byname) => {
    const response = await byname.fetch(`http://orders/orders/${order}`);
    return response.json();
  },
);

// Init ends when `orders` has been looked up, so that an environment that is frozen right then knows it already.
await handler.ready();
