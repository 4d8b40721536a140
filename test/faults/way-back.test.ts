import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { byFetch, byInstall, byRequest, type Transport } from "../support/transports.ts";
import { type Aws, aws } from "./aws.ts";
import { stories } from "./stories.ts";
import { well } from "./tasks.ts";

let parts: AsyncDisposableStack;

beforeEach(() => {
  parts = new AsyncDisposableStack();
});

afterEach(() => parts.disposeAsync());

describe.each([byFetch, byRequest, byInstall])("by $name", (transport) => {
  test(stories.wayBack.name, async () => {
    const held = Promise.withResolvers<void>();
    const { local, skip, call } = await withoutProxy(transport, held.promise);
    await local.proxy.start();
    expect(await call("/too-soon")).toBe("GET ");
    expect(local.proxy.requests).toEqual([]);
    skip(1_000);
    const trial = call("/held");
    await expect.poll(() => local.proxy.requests).toMatchObject([{ path: "/held" }]);
    expect(await Promise.all(["/1", "/2", "/3"].map(call))).toEqual(["GET ", "GET ", "GET "]);
    expect(local.proxy.requests).toHaveLength(1);
    held.resolve();
    expect(await trial).toBe("GET ");
    expect(await Promise.all(["/4", "/5"].map(call))).toEqual(["GET ", "GET "]);
    expect(local.proxy.requests).toHaveLength(3);
  });

  test(stories.notYetBack.name, async () => {
    const { local, skip, call } = await withoutProxy(transport);
    skip(1_000);
    expect(await call("/trial")).toBe("GET ");
    await local.proxy.start();
    skip(1_999);
    expect(await call("/too-soon")).toBe("GET ");
    expect(local.proxy.requests).toEqual([]);
    skip(1);
    expect(await call("/again")).toBe("GET ");
    expect(local.proxy.requests).toMatchObject([{ path: "/again" }]);
  });
});

/** A task of the mesh whose proxy was away for its first request. */
async function withoutProxy(transport: Transport, held?: Promise<void>) {
  const around: Aws = await aws(parts, {
    place: "ecs",
    entry: { port: 8080 },
    service: { serviceConnect: { port: 8080 } },
    async handle(request, response) {
      if (request.url === "/held") await held;
      return well(request, response);
    },
  });
  const { local, skip, byname, task } = around;
  const send = await transport.of(byname);
  const call = async (path: string) => (await send(`http://orders${path}`)).text();
  await local.proxy.stop();
  expect(await call("/first")).toBe("GET ");
  expect(task.seen).toHaveLength(1);
  return { local, skip, call };
}
