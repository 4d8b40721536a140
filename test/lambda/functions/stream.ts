import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type LambdaContext, streamWithByname } from "@byname/lambda";
import type { Call } from "./calls.ts";

/** Stream: a function that passes on what `orders` answers, as it comes. */
export const handler = awslambda.streamifyResponse(
  streamWithByname(
    // A margin that a busy machine can keep.
    { services: { orders: {} }, namespace: "sd.local", margin: 1_000 },
    async ({ path = "/" }: Call, stream: Writable, _context: LambdaContext, byname) => {
      const { body } = await byname.fetch(`http://orders${path}`);
      // With an end of its own the runtime can still say there what went wrong before.
      await pipeline(body!, stream, { end: false });
      stream.end();
    },
  ),
);

declare const awslambda: { streamifyResponse<Handler>(handler: Handler): Handler };
