import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BundleOptions, bundle } from "../../examples/lambda/bundle.ts";
import { lambdaWorld } from "../support/lambda-world.ts";

const here = import.meta.dirname;
/** A folder without the project's modules anywhere above it. */
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "byname-bundle-"));
});
afterEach(() => rm(root, { recursive: true }));

const kinds: Omit<BundleOptions, "sdk">[] = [
  { format: "esm", split: true },
  { format: "esm", split: false },
  { format: "cjs", split: false },
];
const ways = kinds.flatMap((kind) => (["inside", "external"] as const).map((sdk) => ({ ...kind, sdk })));

describe.each(ways)("a function bundled as $format, split $split, the AWS SDK $sdk,", (options) => {
  test("finds its services by DNS, and calls them either way", async () => {
    await bundled("calls.ts", options);
    await using world = await lambdaWorld({ root, handler: "calls.handler" });
    await world.task("ok");
    for (const way of ["fetch", "request"])
      expect(await world.lambda.invoke({ way })).toMatchObject({ text: "ok" });
    expect(await world.lambda.invoke({ way: "resolve" })).toMatchObject({ text: "dns" });
  });

  test("loads the SDK where only the API is left", async () => {
    await bundled("calls.ts", options);
    await using world = await lambdaWorld({ root, handler: "calls.handler" }, { BYNAME_SOURCES: "cloudMap" });
    await world.task("ok");
    expect(await world.lambda.invoke({ way: "resolve" })).toMatchObject({ text: "cloudMap" });
    expect(await world.lambda.invoke()).toMatchObject({ text: "ok" });
  });

  test("works with Middy", async () => {
    await bundled("middy.ts", options);
    await using world = await lambdaWorld({ root, handler: "middy.handler" });
    await world.task("ok");
    expect(await world.lambda.invoke()).toEqual({ text: "ok" });
  });
});

async function bundled(file: string, options: BundleOptions): Promise<void> {
  const end = options.format === "esm" ? ".mjs" : ".cjs";
  await bundle(join(here, "functions", file), join(root, file.replace(".ts", end)), options);
  if (options.sdk === "inside") return;
  // As in Lambda's runtime, which has the SDK.
  await mkdir(join(root, "node_modules"));
  await symlink(join(here, "../../node_modules/@aws-sdk"), join(root, "node_modules/@aws-sdk"));
}
