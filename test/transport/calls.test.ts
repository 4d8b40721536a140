import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { RequestError, ResolveError } from "../../src/index.ts";
import { down, endpoints, FakeSource } from "../support/fake-source.ts";
import { bodyOf, deafPort, loopback } from "../support/loopback.ts";
import { bynameAt, bynameWith, byUndici, sourceAt, transports } from "../support/transports.ts";

describe.each(transports)("a call by $name", (transport) => {
  test("reaches the endpoint at its port, under the service's name", async () => {
    await using server = await loopback((_, response) => response.end("hello"));
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    const reply = await call("http://orders/v1/orders/42?full=1#top");
    expect(reply.status).toBe(200);
    expect(await reply.text()).toBe("hello");
    expect(server.seen).toMatchObject([{ method: "GET", target: "/v1/orders/42?full=1", host: "orders" }]);
    if (transport.name !== "request") expect(reply.url).toBe("http://orders/v1/orders/42?full=1");
  });

  test("keeps the port of the URL in the Host header and goes to the endpoint's own", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    await (await call("http://orders:9999/")).text();
    expect(server.seen).toMatchObject([{ host: "orders:9999" }]);
  });

  test.each([
    ["http://orders", "/"],
    ["http://orders?a=1", "/?a=1"],
    ["http://orders#part", "/"],
    ["http://ORDERS/Case", "/Case"],
    ["HTTP://Orders/", "/"],
    ["http://orders/a/../b/./c", "/b/c"],
    ["http://orders/a/%2e%2E/b", "/b"],
    ["http://orders/a b/ü?q=ö&r='x'", "/a%20b/%C3%BC?q=%C3%B6&r=%27x%27"],
    ["http://orders//double//slash", "//double//slash"],
    ["http://orders\\back\\slash", "/back/slash"],
    [" http://orders/trimmed ", "/trimmed"],
    ["http:/orders/one-slash?to=http://else/where", "/one-slash?to=http://else/where"],
    ["http:///orders/three-slashes", "/three-slashes"],
  ])("reads %j as a URL parser does", async (url, target) => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    await (await call(url)).text();
    await (await call(url)).text();
    await (await call(new URL(url))).text();
    expect(server.seen).toMatchObject([{ target, host: "orders" }, { target }, { target }]);
  });

  test("reaches an endpoint that has an IPv6 address", async () => {
    await using server = await loopback((_, response) => response.end("six"), { address: "::1" });
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    expect(await (await call("http://orders/")).text()).toBe("six");
    expect(server.seen).toMatchObject([{ host: "orders" }]);
  });

  test("keeps two cookies two", async () => {
    await using server = await loopback((_, response) =>
      response.setHeader("set-cookie", ["a=1; Path=/", "b=2"]).end(),
    );
    await using byname = bynameAt(server);
    const reply = await (await transport.of(byname))("http://orders/");
    expect(reply.cookies).toEqual(["a=1; Path=/", "b=2"]);
    await reply.text();
  });

  const form = new FormData();
  form.set("field", "value");
  form.set("file", new Blob(["content"]), "a.txt");
  test.each([
    ["a string", () => "text", "text"],
    ["a Buffer", () => Buffer.from("bytes"), "bytes"],
    ["a Uint8Array", () => new Uint8Array([104, 105]), "hi"],
    ["an ArrayBuffer", () => new Uint8Array([104, 105]).buffer, "hi"],
    ["a Readable", () => Readable.from([Buffer.from("re"), Buffer.from("adable")]), "readable"],
    ["a ReadableStream", () => new Blob(["web stream"]).stream(), "web stream"],
    [
      "an async iterable",
      async function* () {
        yield Buffer.from("itera");
        yield Buffer.from("ble");
      },
      "iterable",
    ],
    ["a Blob", () => new Blob(["blob"]), "blob"],
    ["URLSearchParams", () => new URLSearchParams({ a: "1 2", b: "ü" }), "a=1+2&b=%C3%BC"],
    ["FormData", () => form, /name="field"\r\n\r\nvalue\r\n.*filename="a\.txt".*\r\n\r\ncontent\r\n/s],
  ])("sends %s as its body", async (what, body, expected) => {
    // undici's fetch knows no FormData but its own.
    if (transport === byUndici && what === "FormData") return;
    await using server = await loopback(async (request, response) => response.end(await bodyOf(request)));
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    const reply = await call("http://orders/", { method: "POST", body: body() });
    const text = await reply.text();
    expect(reply.status).toBe(200);
    if (typeof expected === "string") expect(text).toBe(expected);
    else expect(text).toMatch(expected);
    const type = server.seen[0]?.headers["content-type"];
    if (what === "FormData") expect(type).toMatch(/^multipart\/form-data; boundary=/);
    if (what === "URLSearchParams") expect(type).toBe("application/x-www-form-urlencoded;charset=UTF-8");
  });

  test("hands on the first chunk of a body before the last is sent", async () => {
    const last = Promise.withResolvers<void>();
    await using server = await loopback(async (_, response) => {
      response.write("first");
      await last.promise;
      response.end("last");
    });
    await using byname = bynameAt(server);
    const reply = await (await transport.of(byname))("http://orders/");
    const chunks: string[] = [];
    for await (const chunk of reply.body) {
      chunks.push(Buffer.from(chunk).toString());
      last.resolve();
    }
    expect(chunks).toEqual(["first", "last"]);
  });

  test("streams its body before an answer comes", async () => {
    await using server = await loopback(async (request, response) => {
      for await (const chunk of request) response.write(chunk);
      response.end();
    });
    await using byname = bynameAt(server);
    const echoed = Promise.withResolvers<void>();
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(Buffer.from("one"));
        await echoed.promise;
        controller.enqueue(Buffer.from("two"));
        controller.close();
      },
    });
    const reply = await (await transport.of(byname))("http://orders/", { method: "PUT", body });
    const chunks: string[] = [];
    for await (const chunk of reply.body) {
      chunks.push(Buffer.from(chunk).toString());
      echoed.resolve();
    }
    expect(chunks).toEqual(["one", "two"]);
  });

  test("carries 13 MB both ways", async () => {
    const big = Buffer.alloc(13_000_000, "byname ");
    await using server = await loopback(async (request, response) => response.end(await bodyOf(request)));
    await using byname = bynameAt(server);
    const reply = await (await transport.of(byname))("http://orders/", { method: "PUT", body: big });
    let length = 0;
    for await (const chunk of reply.body) {
      expect(Buffer.from(chunk).equals(big.subarray(length, length + chunk.length))).toBe(true);
      length += chunk.length;
    }
    expect(length).toBe(big.length);
  });

  test.each(["HEAD", "204", "304"])("ends without a body: %s", async (what) => {
    await using server = await loopback((_, response) => {
      response.writeHead(what === "HEAD" ? 200 : Number(what), { etag: '"1"' }).end();
    });
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    const reply = await call("http://orders/", what === "HEAD" ? { method: "HEAD" } : {});
    expect(reply.status).toBe(what === "HEAD" ? 200 : Number(what));
    expect(reply.header("etag")).toBe('"1"');
    expect(await reply.text()).toBe("");
    expect(await (await call("http://orders/next", { method: "HEAD" })).text()).toBe("");
  });

  test("lets informational answers pass before the real one", async () => {
    await using server = await loopback((_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.writeProcessing();
      response.end("done");
    });
    await using byname = bynameAt(server);
    const reply = await (await transport.of(byname))("http://orders/");
    expect(reply.status).toBe(200);
    expect(await reply.text()).toBe("done");
  });

  test("uses a connection again", async () => {
    await using server = await loopback((_, response) => response.end("x"));
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    for (const path of ["1", "2", "3"]) {
      await (await call(`http://orders/${path}`)).text();
      // A connection is free again one turn after the end of the body was read.
      await setImmediate();
    }
    expect(server.accepted).toBe(1);
  });

  test("takes one endpoint after the other", async () => {
    await using one = await loopback((_, response) => response.end("one"));
    await using two = await loopback((_, response) => response.end("two"));
    await using byname = bynameWith(sourceAt(one, two), { orders: { balance: "roundRobin" } });
    const call = await transport.of(byname);
    const texts: string[] = [];
    for (let i = 0; i < 4; i++) texts.push(await (await call("http://orders/")).text());
    expect(texts.sort()).toEqual(["one", "one", "two", "two"]);
  });

  test("fails with what was tried, and asks for a refresh, where nobody listens", async () => {
    const port = await deafPort();
    const source = sourceAt({ address: "127.0.0.1", port });
    await using byname = bynameWith(source, { orders: { request: { retries: 0 } } });
    const call = await transport.of(byname);
    const error = (await transport.failure(call("http://orders/secret?token=1"))) as RequestError;
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({
      code: "BYNAME_REQUEST",
      service: "orders",
      endpoint: { address: "127.0.0.1", port },
      attempts: [{ source: "fake", endpoint: { port }, error: "ECONNREFUSED", ms: expect.any(Number) }],
      cause: { code: "ECONNREFUSED" },
    });
    expect(error.message).not.toContain("token");
    expect(source.asked).toBe(2);
  });

  test("fails the same way where the connection breaks before an answer", async () => {
    await using server = await loopback((request) => request.socket.destroy());
    const source = sourceAt(server);
    await using byname = bynameWith(source);
    const call = await transport.of(byname);
    const error = await transport.failure(call("http://orders/", { method: "POST", body: "x" }));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ cause: { code: "UND_ERR_SOCKET" } });
    expect(source.asked).toBe(2);
  });

  test("fails where the body breaks off, without a RequestError", async () => {
    await using server = await loopback((request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half", () => request.socket.destroy());
    });
    await using byname = bynameAt(server);
    const reply = await (await transport.of(byname))("http://orders/");
    const error = await reply.text().catch((error) => error);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(RequestError);
  });

  test("fails with the resolver's error where there is no endpoint", async () => {
    const source = new FakeSource("fake");
    source.always = down;
    await using byname = bynameWith(source);
    const call = await transport.of(byname);
    const error = await transport.failure(call("http://orders/"));
    expect(error).toBeInstanceOf(ResolveError);
    expect(error).toMatchObject({ attempts: [{ source: "fake", answer: "unavailable" }] });
  });

  test("waits for a first answer of the source", async () => {
    await using server = await loopback((_, response) => response.end("late"));
    const source = new FakeSource("fake");
    await using byname = bynameWith(source);
    const call = await transport.of(byname);
    const reply = call("http://orders/");
    while (source.open.length === 0) await setImmediate();
    source.answer(endpoints(60_000, { address: server.address, port: server.port }));
    expect(await (await reply).text()).toBe("late");
  });

  test("passes through where the origin is no service's", async () => {
    await using server = await loopback((_, response) => response.end("outside"));
    await using byname = bynameAt({ address: "127.0.0.1", port: await deafPort() });
    const call = await transport.of(byname);
    const reply = await call(`http://127.0.0.1:${server.port}/path?query`);
    expect(await reply.text()).toBe("outside");
    expect(server.seen).toMatchObject([{ target: "/path?query", host: `127.0.0.1:${server.port}` }]);
  });

  test("leaves errors of what is no service's as they are", async () => {
    await using byname = bynameAt({ address: "127.0.0.1", port: 1 });
    const call = await transport.of(byname);
    const error = await transport.failure(call(`http://127.0.0.1:${await deafPort()}/`));
    expect(error).not.toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("keeps a Host that the caller set himself, as far as the transport lets him", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    await (await call("http://orders/", { headers: { Host: "other", "x-own": "1" } })).text();
    const host = transport.name === "request" ? "other" : server.seen[0]?.host;
    expect(server.seen).toMatchObject([{ host, headers: { "x-own": "1" } }]);
  });
});
