import { threadId } from "node:worker_threads";
import { type LambdaContext, withByname } from "@byname/lambda";

/** Calls: a function that calls `orders` as its event says. */
export interface Call {
  readonly path?: string;
  readonly way?: "fetch" | "request" | "resolve";
  readonly method?: string;
}

export interface Called {
  readonly text: string;
  readonly threadId: number;
}

export const handler = withByname(
  { services: { orders: {} }, namespace: "sd.local" },
  async (call: Call, _context: LambdaContext, byname): Promise<Called> => {
    const { path = "/", way = "fetch", method = "GET" } = call;
    const url = `http://orders${path}`;
    if (way === "resolve") return { text: (await byname.resolve("orders")).source, threadId };
    if (way === "fetch") return { text: await (await byname.fetch(url, { method })).text(), threadId };
    return { text: await (await byname.request(url, { method })).body.text(), threadId };
  },
);
