import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createByname, ResolveError, ServiceNotFoundError } from "byname";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileSource } from "./file-source.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "byname-own-source-"));
  file = join(folder, "addresses.json");
});
afterEach(() => rm(folder, { recursive: true }));

test("what the file says is where the service is", async () => {
  await writeFile(file, JSON.stringify({ orders: ["127.0.0.1:4001", "[::1]:4002", "10.0.0.7"] }));
  await using byname = createByname({ sources: [fileSource(file)], services: { orders: { port: 8080 } } });
  expect(await byname.resolve("orders")).toMatchObject({
    source: "file",
    endpoints: [
      { address: "127.0.0.1", port: 4001 },
      { address: "::1", port: 4002 },
      { address: "10.0.0.7", port: 8080 },
    ],
  });
});

test("a service that the file does not know is not found, and said so", async () => {
  await writeFile(file, "{}");
  await using byname = createByname({ sources: [fileSource(file)] });
  const error = await byname.resolve("orders").catch((cause) => cause);
  expect(error).toBeInstanceOf(ServiceNotFoundError);
  expect(error.attempts).toMatchObject([{ source: "file", answer: "notFound" }]);
});

test.each([
  ["that is missing", undefined],
  ["that is broken", "{"],
])("a file %s makes byname go on to the next source", async (_what, text) => {
  if (text) await writeFile(file, text);
  await using byname = createByname({
    sources: [fileSource(file), "fixed"],
    services: { orders: { fixed: "http://127.0.0.1:4009" } },
  });
  expect(await byname.resolve("orders")).toMatchObject({ source: "fixed" });
  const error = await byname.resolve("users").catch((cause) => cause);
  expect(error).toBeInstanceOf(ResolveError);
});
