import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inChild } from "../support/child.ts";
import { grpcTask } from "../support/grpc.ts";

/** The code blocks of docs/grpc.md. */
const page = readFileSync(new URL("../../docs/grpc.md", import.meta.url), "utf8");
const recipes = page.split(/^## /m).flatMap((section) => {
  const heading = section.split("\n", 1)[0]!;
  return [...section.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => [heading, code!] as const);
});

test("there are recipes", () => {
  expect(recipes.map(([heading]) => heading)).toEqual(["# gRPC", "Balancing", "Balancing"]);
});

test.each(recipes)("the recipe under %s reaches both tasks", async (_heading, recipe) => {
  await using one = await grpcTask("one");
  await using two = await grpcTask("two");
  const tasks = [one, two].map(({ address, port }) => ({ address, port }));
  const answers = await inChild(`
    ${recipe
      .replace('import { byname } from "./byname.js";', instanceCode(tasks))
      .replace('import { OrdersClient } from "./orders.js";', clientCode)}
    const answered = new Set();
    while (answered.size < 2) answered.add((await ask(client)).task);
    console.log(JSON.stringify([...answered].sort()));
    client.close();
  `);
  expect(answers).toEqual([["one", "two"]]);
});

function instanceCode(endpoints: object[]): string {
  return `
    import { createByname } from "byname";
    const answer = { kind: "endpoints", ttl: 60000, endpoints: ${JSON.stringify(endpoints)} };
    const byname = createByname({ sources: [{ name: "own", trusted: true, lookup: () => answer }] });
  `;
}

const clientCode = `
  import { makeGenericClientConstructor } from "@grpc/grpc-js";
  const path = "/shop.Orders/Ask";
  const [serialize, deserialize] = [(value) => Buffer.from(JSON.stringify(value)), (bytes) => JSON.parse(bytes)];
  const OrdersClient = makeGenericClientConstructor({
    ask: {
      path, requestStream: false, responseStream: false,
      requestSerialize: serialize, requestDeserialize: deserialize,
      responseSerialize: serialize, responseDeserialize: deserialize,
    },
  });
  const ask = (client) => new Promise((resolve, reject) => {
    client.ask({}, { deadline: Date.now() + 10000 }, (error, said) => (error ? reject(error) : resolve(said)));
  });
`;
