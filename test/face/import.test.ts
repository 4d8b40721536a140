import { expect, test } from "vitest";
import { bynameModule, inChild, printCode } from "../support/child.ts";
import { loopback } from "../support/loopback.ts";

/** Code that keeps the names of all modules that are loaded from now on. */
const recordCode = `
  import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
`;

test("importing byname and making an instance loads no more than the ground floor", async () => {
  const [files, packages, active] = (await inChild(`
    ${recordCode}
    ${printCode}
    const { createByname } = await import(${bynameModule});
    const before = process.getActiveResourcesInfo();
    createByname({ services: { orders: {} }, namespace: "sd.local" });
    await new Promise((resolve) => setImmediate(resolve));
    const after = process.getActiveResourcesInfo();
    print(loaded.filter((url) => url.startsWith("file:") && !url.includes("/node_modules/")));
    print(loaded.filter((url) => url.includes("/node_modules/") || /^node:(http|https|tls|crypto|fs|child)/.test(url)));
    print({ before, after });
  `)) as [string[], string[], { before: string[]; after: string[] }];
  expect(packages).toEqual([]);
  expect(active.after).toEqual(active.before);
  const floors = files.map((url) => /\/src\/(?:([a-z]+)\/)?/.exec(url)?.[1] ?? "");
  expect(new Set(floors)).not.toContain("resolve");
  expect(new Set(floors)).not.toContain("sources");
  expect(files.length).toBeGreaterThan(5);
}, 60_000);

test("resolving by own sources loads neither undici nor the AWS SDK nor OpenTelemetry", async () => {
  const [packages] = await inChild(`
    ${recordCode}
    ${printCode}
    const { createByname } = await import(${bynameModule});
    const source = { name: "own", lookup: () => ({ kind: "notFound", detail: "none" }) };
    await createByname({ sources: [source] }).prefetch(["orders"]);
    print(loaded.filter((url) => /undici|@aws-sdk|@smithy|@opentelemetry/.test(url)));
  `);
  expect(packages).toEqual([]);
}, 60_000);

test("nothing keeps the process alive: not a watch, a cache, a kept-alive connection, nor an instance left open", async () => {
  await using server = await loopback((_request, response) => response.end("ok"));
  const [states] = await inChild(`
    ${printCode}
    import { createByname } from ${bynameModule};
    const endpoints = [{ address: "127.0.0.1", port: ${server.port} }];
    const source = { name: "own", lookup: () => ({ kind: "endpoints", ttl: 3600000, endpoints }) };
    const byname = createByname({ services: { orders: {} }, sources: [source], allow: ["127.0.0.1"] });
    await (await byname.fetch("http://orders/")).text();
    await (await byname.request("http://orders/")).body.text();
    const states = byname.watch("orders")[Symbol.asyncIterator]();
    print((await states.next()).value.endpoints);
    states.next().then(() => print("must not come"));
  `);
  expect(states).toEqual([{ address: "127.0.0.1", port: server.port }]);
}, 60_000);
