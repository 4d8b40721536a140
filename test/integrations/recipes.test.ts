import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bynameModule, inChild, printCode } from "../support/child.ts";
import { loopback } from "../support/loopback.ts";

/** The recipes of docs/integrations.md, by their headings. */
const page = readFileSync(new URL("../../docs/integrations.md", import.meta.url), "utf8");
const recipes = page.split(/^## /m).flatMap((section) => {
  const blocks = [...section.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code!);
  const heading = section.split("\n", 1)[0]!;
  return blocks.filter((code) => code.includes("./byname.js")).map((code) => [heading, code] as const);
});

const env = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
};

test("there is a recipe for each integration", () => {
  const headings = new Set(recipes.map(([heading]) => heading));
  expect([...headings]).toEqual([
    "node:http",
    "axios",
    "got",
    "node-fetch",
    "AWS's SDK",
    "undici of your own",
  ]);
});

test.each(recipes)(
  "the recipe for %s calls a service by name",
  async (_, recipe) => {
    await using server = await loopback((_request, response) => {
      response.setHeader("content-type", "application/json").end('{"id":42,"Instances":[]}');
    });
    const answers = await inChild(
      `
      ${printCode}
      ${recipe.replace('import { byname } from "./byname.js";', instanceAt(server.port))}
      print(answer);
      process.exit();
    `,
      env,
    );
    expect(answers).toMatchObject([recipe.includes("aws-sdk") ? { Instances: [] } : { id: 42 }]);
    expect(["orders", "cloud-map"]).toContain(server.seen[0]?.host);
  },
  60_000,
);

function instanceAt(port: number): string {
  return `
    import { createByname } from ${bynameModule};
    const endpoints = [{ address: "127.0.0.1", port: ${port} }];
    const source = { name: "own", lookup: () => ({ kind: "endpoints", ttl: 60000, endpoints }) };
    const services = { orders: {}, "cloud-map": {} };
    const byname = createByname({ services, sources: [source], allow: ["127.0.0.0/8"] });
  `;
}
