import type { Writable } from "node:stream";
import { type LambdaContext, streamWithByname } from "@byname/lambda";
import type { Call } from "./calls.ts";

/** Stream: a function that passes on what `orders` answers, as it comes. */
export const handler = awslambda.streamifyResponse(
  streamWithByname(
    { services: { orders: {} }, namespace: "sd.local" },
    async ({ path = "/" }: Call, stream: Writable, _context: LambdaContext, byname) => {
      const { body } = await byname.fetch(`http://orders${path}`);
      for await (const chunk of body!) stream.write(chunk);
      stream.end();
    },
  ),
);

declare const awslambda: { streamifyResponse<Handler>(handler: Handler): Handler };
