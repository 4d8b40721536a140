import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createByname, RequestError } from "../../src/index.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { loopback } from "../support/loopback.ts";
import { bynameAt, bynameWith, rejection, sourceAt } from "../support/transports.ts";

describe("request", () => {
  test("uses no connection for longer than a minute, however busy it is", async () => {
    await using server = await loopback((_, response) => response.end());
    const clock = new FakeClock();
    const source = sourceAt(server);
    const options = { services: { orders: {} }, sources: [source], allow: ["127.0.0.0/8"] };
    await using byname = createByname(options, { env: {}, clock });
    const ask = async () => {
      await (await byname.request("http://orders/")).body.dump();
      await setImmediate();
    };
    await ask();
    await clock.advance(59_000);
    await ask();
    expect(server.accepted).toBe(1);
    await clock.advance(1_000);
    await ask();
    expect(server.accepted).toBe(2);
  });

  test.each([
    ["an object", { "X-One": "1", "x-two": ["a", "b"] }],
    ["a flat list", ["X-One", "1", "x-two", "a", "x-two", "b"]],
    [
      "a Map",
      new Map<string, unknown>([
        ["X-One", "1"],
        ["x-two", ["a", "b"]],
      ]),
    ],
    [
      "Headers",
      new Headers([
        ["X-One", "1"],
        ["x-two", "a"],
        ["x-two", "b"],
      ]),
    ],
  ])("takes headers as %s", async (_, headers) => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    await (await byname.request("http://orders/", { headers: headers as Headers as never })).body.dump();
    expect(server.seen).toMatchObject([{ host: "orders", headers: { "x-one": "1", "x-two": "a, b" } }]);
  });

  test("takes undici's options: query, onInfo, raw headers", async () => {
    await using server = await loopback((_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.setHeader("X-Case", "1").end();
    });
    await using byname = bynameAt(server);
    const infos: number[] = [];
    const { headers, body } = await byname.request("http://orders/search", {
      query: { q: "a b" },
      responseHeaders: "raw",
      onInfo: ({ statusCode }) => infos.push(statusCode),
    });
    await body.dump();
    expect(headers).toEqual(expect.arrayContaining(["X-Case", "1"]));
    expect(infos).toEqual([103]);
    expect(server.seen).toMatchObject([{ target: "/search?q=a%20b" }]);
  });

  test("sends a form that names its own content type as it is", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const body = new URLSearchParams({ a: "1" }) as unknown as string;
    const headers = { "Content-Type": "text/own" };
    await (await byname.request("http://orders/", { method: "POST", body, headers })).body.dump();
    expect(server.seen).toMatchObject([{ headers: { "content-type": "text/own" } }]);
  });

  test("does not blame the endpoint for a request that cannot be sent to any", async () => {
    await using server = await loopback((_, response) => response.end());
    const source = sourceAt(server);
    await using byname = bynameWith(source);
    const wrong = [
      { headers: { "bad name": "1" } },
      { headers: "text" as unknown as string[] },
      { method: "B A D" },
      { body: 5 as unknown as string, method: "POST" },
      { body: "four", method: "POST", headers: { "content-length": "40" } },
    ];
    for (const options of wrong) {
      const error = await rejection(byname.request("http://orders/", options));
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(RequestError);
    }
    expect(source.asked).toBe(1);
    expect(server.seen).toEqual([]);
  });

  test("rejects what is no URL", async () => {
    await using byname = bynameAt({ address: "127.0.0.1", port: 1 });
    for (const url of ["", "nonsense", "/path", "http://", undefined, null, {}])
      expect(await rejection(byname.request(url as string))).toBeInstanceOf(TypeError);
  });

  test("gives many calls at once a connection each, and uses them again", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await loopback(async (_, response) => {
      await go.promise;
      response.end("x");
    });
    await using byname = bynameAt(server);
    const ask = async () => (await byname.request("http://orders/")).body.text();
    const first = Promise.all(Array.from({ length: 20 }, ask));
    await server.asked(20);
    go.resolve();
    await first;
    // A connection is free again one turn after its body was read.
    await setImmediate();
    await Promise.all(Array.from({ length: 20 }, ask));
    expect(server.accepted).toBe(20);
  });
});
