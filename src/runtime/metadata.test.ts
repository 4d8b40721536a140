import { describe, expect, test } from "vitest";
import { inChild } from "../../test/support/child.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { bodyOf, deafPort, type Handle, loopback } from "../../test/support/loopback.ts";
import { systemClock } from "../ground/clock.ts";
import { readPlacement } from "./metadata.ts";

const ecsAt = (port: number, path = "/v4/abc") => ({
  ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1:${port}${path}`,
});
const lambdaAt = (port: number) => ({
  AWS_LAMBDA_FUNCTION_NAME: "orders",
  AWS_LAMBDA_METADATA_API: `127.0.0.1:${port}`,
  AWS_LAMBDA_METADATA_TOKEN: "token-1",
  AWS_REGION: "eu-west-1",
});
const task = {
  AvailabilityZone: "eu-west-1a",
  AvailabilityZoneID: "euw1-az3",
  TaskARN: "arn:aws:ecs:eu-west-1:123456789012:task/default/abc",
};

const saying =
  (body: unknown, status = 200): Handle =>
  (_request, response) => {
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  };

async function placementFrom(handle: Handle) {
  await using server = await loopback(handle);
  return await readPlacement(ecsAt(server.port), { clock: systemClock });
}

describe("in ECS", () => {
  test("zone, its id and the region come from the task's metadata, with one question", async () => {
    await using server = await loopback(saying(task));
    expect(await readPlacement(ecsAt(server.port), { clock: systemClock })).toEqual({
      zone: "eu-west-1a",
      zoneId: "euw1-az3",
      region: "eu-west-1",
    });
    expect(server.seen).toMatchObject([{ method: "GET", target: "/v4/abc/task" }]);
  });

  test.each([
    ["what is missing", {}, {}],
    [
      "a short cluster and no zone's id",
      { ...task, AvailabilityZoneID: undefined },
      { zone: "eu-west-1a", region: "eu-west-1" },
    ],
    ["wrong types", { AvailabilityZone: 7, AvailabilityZoneID: ["euw1-az3"], TaskARN: { a: 1 } }, {}],
    [
      "text that is no name",
      { AvailabilityZone: "a b", AvailabilityZoneID: "x".repeat(99), TaskARN: "arn:::::" },
      {},
    ],
    ["a list", [task], {}],
    ["a number", 7, {}],
  ])("leaves out %s", async (_what, body, placement) => {
    expect(await placementFrom(saying(body))).toEqual(placement);
  });
});

describe("in Lambda", () => {
  test("the zone's id comes from its metadata, for a token, and the region from the environment", async () => {
    await using server = await loopback(saying({ AvailabilityZoneID: "euw1-az1" }));
    expect(await readPlacement(lambdaAt(server.port), { clock: systemClock })).toEqual({
      zoneId: "euw1-az1",
      region: "eu-west-1",
    });
    expect(server.seen).toMatchObject([
      { target: "/2026-01-15/metadata/execution-environment", headers: { authorization: "Bearer token-1" } },
    ]);
  });

  test.each(["AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN"])(
    "nothing is asked without %s",
    async (name) => {
      await using server = await loopback(saying({}));
      const env = { ...lambdaAt(server.port), [name]: undefined };
      expect(await readPlacement(env, { clock: systemClock })).toBeUndefined();
      expect(server.seen).toEqual([]);
    },
  );

  test("a token that no header can hold is no answer", async () => {
    await using server = await loopback(saying({}));
    const env = { ...lambdaAt(server.port), AWS_LAMBDA_METADATA_TOKEN: "a\nb" };
    expect(await readPlacement(env, { clock: systemClock })).toBeUndefined();
  });
});

test("an HTTP proxy of the environment gets to see neither the question nor a token", async () => {
  await using server = await loopback(saying({ AvailabilityZoneID: "euw1-az1" }));
  await using proxy = await loopback(saying({}));
  const url = JSON.stringify(new URL("./metadata.ts", import.meta.url).href);
  const clock = JSON.stringify(new URL("../ground/clock.ts", import.meta.url).href);
  const code = `
    import { readPlacement } from ${url};
    import { systemClock as clock } from ${clock};
    console.log(JSON.stringify(await readPlacement(process.env, { clock })));
  `;
  const http_proxy = `http://127.0.0.1:${proxy.port}`;
  const proxied = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: http_proxy, http_proxy, NO_PROXY: "", no_proxy: "" };
  expect(await inChild(code, { ...lambdaAt(server.port), ...proxied })).toMatchObject([
    { zoneId: "euw1-az1" },
  ]);
  expect(proxy.accepted).toBe(0);
}, 60_000);

test("on a host nothing is asked", async () => {
  expect(await readPlacement({}, { clock: systemClock })).toBeUndefined();
});

describe("never throws, and knows nothing then", () => {
  test.each<[string, Handle]>([
    ["500", saying(task, 500)],
    ["404", saying("", 404)],
    ["a redirect", (_request, response) => response.writeHead(302, { location: "/elsewhere" }).end()],
    ["broken JSON", saying("{ AvailabilityZone")],
    ["null", saying("null")],
    ["nothing", saying("")],
    ["a connection that is cut at once", (request) => request.socket.destroy()],
    [
      "a body that breaks off",
      (request, response) => {
        response.writeHead(200, { "content-length": "1000" }).write("{");
        setImmediate(() => request.socket.destroy());
      },
    ],
    ["no HTTP at all", (request) => request.socket.end("hello\r\n\r\n")],
  ])("on %s", async (_what, handle) => expect(await placementFrom(handle)).toBeUndefined());

  test("when nobody listens, or the variable is no http URL", async () => {
    const clock = systemClock;
    expect(await readPlacement(ecsAt(await deafPort()), { clock })).toBeUndefined();
    for (const url of ["nonsense", "https://127.0.0.1:1", "file:///etc/passwd"])
      expect(await readPlacement({ ECS_CONTAINER_METADATA_URI_V4: url }, { clock })).toBeUndefined();
  });

  test("on a body without end, of which no more than a bit is read", async () => {
    let sent = 0;
    const placement = await placementFrom((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(" ".repeat(65_536))) sent += 65_536;
        response.once("drain", more);
      };
      more();
    });
    expect(placement).toBeUndefined();
    expect(sent).toBeLessThan(64_000_000);
  });

  test("on silence, once its time is over", async () => {
    const clock = new FakeClock();
    await using server = await loopback(() => {});
    const placement = readPlacement(ecsAt(server.port), { clock });
    await server.asked(1);
    await clock.advance(1_000);
    expect(await placement).toBeUndefined();
    await server.deserted();
    expect(clock.pending).toBe(0);
  });

  test("on a body that comes too slowly", async () => {
    const clock = new FakeClock();
    await using server = await loopback((_request, response) => void response.write("{"));
    const placement = readPlacement(ecsAt(server.port), { clock });
    await server.asked(1);
    await clock.advance(1_000);
    expect(await placement).toBeUndefined();
    await server.deserted();
  });

  test("when its caller has no use for the answer any more", async () => {
    const clock = new FakeClock();
    await using server = await loopback(async (request) => void (await bodyOf(request)));
    const caller = new AbortController();
    const placement = readPlacement(ecsAt(server.port), { clock, signal: caller.signal });
    await server.asked(1);
    caller.abort();
    expect(await placement).toBeUndefined();
    await server.deserted();
    expect(clock.pending).toBe(0);
    expect(await readPlacement(ecsAt(server.port), { clock, signal: caller.signal })).toBeUndefined();
    expect(server.seen).toHaveLength(1);
  });
});
