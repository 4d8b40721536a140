import { bynameMiddleware } from "@byname/lambda/middy";
import middy from "@middy/core";
import type { Call } from "./calls.ts";

/** Middy: the same by its middleware. */
export const handler = middy<Call>()
  .use(bynameMiddleware({ services: { orders: {} }, namespace: "sd.local" }))
  .handler(async ({ path = "/" }, { byname }) => ({
    text: await (await byname.fetch(`http://orders${path}`)).text(),
  }));
