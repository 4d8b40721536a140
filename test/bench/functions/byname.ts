import { type LambdaContext, withByname } from "@byname/lambda";

/** Byname: a function that calls a service by name. Which sources are asked stands in its environment. */
export const handler = withByname(
  { namespace: "sd.local", services: { orders: {} } },
  async (_event: unknown, _context: LambdaContext, byname) => (await byname.fetch("http://orders/")).text(),
);
