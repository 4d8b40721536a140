import { threadId } from "node:worker_threads";
import { type LambdaContext, withByname } from "@byname/lambda";

/** Calls: a function that calls `orders` as its event says. */
export interface Call {
  readonly path?: string;
  readonly way?: "fetch" | "request" | "resolve";
  readonly method?: string;
  /** A path that is called before, and waited for. */
  readonly before?: string;
  /** A path that is called, too, and not waited for. */
  readonly beside?: string;
}

export interface Called {
  readonly text: string;
  readonly threadId: number;
}

export const handler = withByname(
  // A margin that a busy machine can keep.
  { services: { orders: {} }, namespace: "sd.local", margin: 1_000 },
  async (call: Call, _context: LambdaContext, byname): Promise<Called> => {
    const { path = "/", way = "fetch", method = "GET", before, beside } = call;
    const url = `http://orders${path}`;
    if (before) await byname.fetch(`http://orders${before}`);
    if (beside) byname.fetch(`http://orders${beside}`).catch(() => {});
    if (way === "resolve") return { text: (await byname.resolve("orders")).source, threadId };
    if (way === "fetch") return { text: await (await byname.fetch(url, { method })).text(), threadId };
    return { text: await (await byname.request(url, { method })).body.text(), threadId };
  },
);
