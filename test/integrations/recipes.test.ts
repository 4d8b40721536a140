import { expect, test } from "vitest";
import { bynameModule } from "../support/child.ts";
import { loopback } from "../support/loopback.ts";
import { recipesOf, runRecipe } from "../support/recipes.ts";

/** The recipes of docs/integrations.md, by their headings. */
const recipes = recipesOf("integrations.md");

const env = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
};

test("there is a recipe for each integration", () => {
  const headings = new Set(recipes.map(({ heading }) => heading));
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
  "the recipe for $heading calls a service by name",
  async ({ code }) => {
    await using server = await loopback((_request, response) => {
      response.setHeader("content-type", "application/json").end('{"id":42,"Instances":[]}');
    });
    const answers = await runRecipe(code, { instance: instanceAt(server.port), env });
    expect(answers).toMatchObject([code.includes("aws-sdk") ? { Instances: [] } : { id: 42 }]);
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
