import { once } from "node:events";
import { type ClientRequest, request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { type Answer, type Byname, createByname } from "../../src/index.ts";
import { hear } from "../support/hear.ts";
import { loopback } from "../support/loopback.ts";

/** Knows `orders` from a source that answers when it is told to. */
function waiting(): { byname: Byname; asked: Promise<void>; answer: (answer: Answer) => void } {
  const asked = Promise.withResolvers<void>();
  const { promise, resolve: answer } = Promise.withResolvers<Answer>();
  const lookup = () => {
    asked.resolve();
    return promise;
  };
  const byname = createByname({
    services: { orders: {} },
    allow: ["127.0.0.0/8"],
    sources: [{ name: "own", lookup }],
  });
  onTestFinished(() => byname.destroy());
  return { byname, asked: asked.promise, answer };
}

function byAgent({ agent }: Byname): ClientRequest {
  return request("http://orders/", { agent }).end();
}

const callers: [string, (byname: Byname) => Promise<unknown>][] = [
  ["fetch", (byname) => byname.fetch("http://orders/").catch(() => {})],
  ["an agent", (byname) => once(byAgent(byname), "error")],
];

test.each(callers)(
  "destroyed during its lookup, a request by %s fails, and so does the lookup",
  async (_, call) => {
    const [started, failed, resolved] = [hear("byname:start"), hear("byname:fail"), hear("byname:resolve")];
    const { byname, asked } = waiting();
    const called = call(byname);
    await asked;
    await byname.destroy();
    await called;
    expect(failed).toEqual([{ service: "orders", error: "BYNAME_CLOSED", request: started[0], attempts: 0 }]);
    expect(resolved).toMatchObject([{ service: "orders", error: { code: "BYNAME_CLOSED" } }]);
  },
);

test("destroyed before its answer, a request fails; destroyed within its answer's body, it does not", async () => {
  const unanswered = Promise.withResolvers<void>();
  await using server = await loopback(({ url }, response) => {
    if (url === "/body") response.write("some");
    else unanswered.resolve();
  });
  const [started, failed] = [hear("byname:start"), hear("byname:fail")];
  const { byname, answer } = waiting();
  answer({ kind: "endpoints", ttl: 60_000, endpoints: [{ address: "127.0.0.1", port: server.port }] });
  const read = (await byname.fetch("http://orders/body")).text().catch(() => {});
  const called = byname.fetch("http://orders/").catch(() => {});
  await unanswered.promise;
  await byname.destroy();
  await Promise.all([read, called]);
  expect(failed).toEqual([{ service: "orders", error: "BYNAME_CLOSED", request: started[1], attempts: 1 }]);
});

test.each<[string, Answer]>([
  ["finds it", { kind: "endpoints", ttl: 60_000, endpoints: [{ address: "127.0.0.1", port: 1 }] }],
  ["fails", { kind: "notFound", detail: "no such service" }],
])(
  "a request by an agent that is aborted during a lookup which %s is given up, and has not failed",
  async (_, said) => {
    const [started, failed, forgone] = [hear("byname:start"), hear("byname:fail"), hear("byname:forgo")];
    const { byname, asked, answer } = waiting();
    const one = byAgent(byname);
    const broken = once(one, "error");
    await asked;
    one.destroy(new Error("not wanted"));
    answer(said);
    await broken;
    expect(failed).toEqual([]);
    expect(forgone.filter(({ request }) => request)).toEqual([{ request: started[0] }]);
  },
);
