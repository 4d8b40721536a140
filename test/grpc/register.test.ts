import { createRequire } from "node:module";
import { registerByname } from "@byname/grpc";
import * as grpcJs from "@grpc/grpc-js";
import { ConfigError } from "byname";
import { afterEach, beforeEach, expect, test } from "vitest";
import { grpcClient } from "../support/grpc.ts";
import { answersFrom, GrpcWorld } from "../support/grpc-world.ts";

let first: GrpcWorld;
let second: GrpcWorld;

beforeEach(async () => {
  [first, second] = [new GrpcWorld(), new GrpcWorld()];
  first.says(await first.task("of the first"));
  second.says(await second.task("of the second"));
});
afterEach(async () => {
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

test("a channel has the instance that was registered when it was made", async () => {
  registerByname(first.byname);
  const older = first.client();
  registerByname(second.byname);
  const newer = first.client();
  await answersFrom(older, "of the first");
  await answersFrom(newer, "of the second");
});

test("registering the same instance again changes nothing", async () => {
  registerByname(first.byname);
  const client = first.client();
  registerByname(first.byname);
  await answersFrom(client, "of the first");
  await answersFrom(first.client(), "of the first");
});

test("several instances have a scheme each", async () => {
  registerByname(first.byname, { scheme: "shop" });
  registerByname(second.byname, { scheme: "billing" });
  await answersFrom(first.client("shop:///orders"), "of the first");
  await answersFrom(first.client("billing:///orders"), "of the second");
});

test("another copy of grpc-js is given its own", async () => {
  const copy = anotherCopy();
  expect(copy.experimental).not.toBe(grpcJs.experimental);
  registerByname(first.byname, { scheme: "elsewhere", grpc: copy });
  using client = grpcClient("elsewhere:///orders", {}, { grpc: copy });
  await answersFrom(client, "of the first");
});

test.each(["", "by name", "7up", "byname:", "byname://"])("the scheme %j is refused", (scheme) => {
  expect(() => registerByname(first.byname, { scheme })).toThrow(ConfigError);
});

test("a grpc-js whose resolvers work otherwise is refused at once", () => {
  const { statusOrFromError: _, ...old } = grpcJs.experimental;
  const grpc = { experimental: old as typeof grpcJs.experimental };
  expect(() => registerByname(first.byname, { grpc })).toThrow("a copy of @grpc/grpc-js 1.14 or later");
});

/** grpc-js loaded once more, as where two packages bring it. */
function anotherCopy(): typeof grpcJs {
  const require = createRequire(import.meta.url);
  const isOurs = (path: string) => path.includes("/@grpc/grpc-js/");
  const loaded = Object.entries(require.cache).filter(([path]) => isOurs(path));
  for (const [path] of loaded) delete require.cache[path];
  const copy = require("@grpc/grpc-js") as typeof grpcJs;
  for (const path of Object.keys(require.cache)) if (isOurs(path)) delete require.cache[path];
  for (const [path, module] of loaded) require.cache[path] = module;
  return copy;
}
