import { createHash } from "node:crypto";
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Byname } from "../../src/byname.ts";
import { RequestError } from "../../src/index.ts";
import { bodyOf, loopback } from "../support/loopback.ts";
import { byFetch, byInstall, bynameAt, rejection } from "../support/transports.ts";

const fetches = [
  { name: "byname.fetch", of: async (byname: Byname) => byname.fetch },
  {
    name: "plain fetch after install",
    async of(byname: Byname): Promise<typeof fetch> {
      await byname.install();
      return (input, init) => fetch(input, init);
    },
  },
];

describe.each(fetches)("$name", ({ of }) => {
  test("takes Request objects, with what init changes of them", async () => {
    await using server = await loopback(async (request, response) => response.end(await bodyOf(request)));
    await using byname = bynameAt(server);
    const call = await of(byname);
    const request = new Request("http://orders/r", {
      method: "POST",
      body: "from the request",
      headers: { "x-one": "1" },
    });
    const response = await call(request.clone(), { headers: { "x-two": "2" } });
    expect(response.url).toBe("http://orders/r");
    expect(await response.text()).toBe("from the request");
    expect(await (await call(request)).text()).toBe("from the request");
    expect(server.seen).toMatchObject([
      { method: "POST", host: "orders", headers: { "x-two": "2" } },
      { method: "POST", headers: { "x-one": "1" } },
    ]);
    expect(server.seen[0]?.headers["x-one"]).toBeUndefined();
  });

  test("takes anything that reads as a URL", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const call = await of(byname);
    await (await call({ toString: () => "http://orders/text" } as unknown as string)).text();
    expect(server.seen).toMatchObject([{ target: "/text", host: "orders" }]);
  });

  test.each([[undefined], [null], [{}], ["nonsense"], [""]])("rejects %j as fetch does", async (input) => {
    await using byname = bynameAt({ address: "127.0.0.1", port: 1 });
    const call = await of(byname);
    expect(await rejection(call(input as unknown as string))).toBeInstanceOf(TypeError);
  });

  test("refuses credentials in the URL, as fetch does", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const call = await of(byname);
    const error = await rejection(call("http://user:secret@orders/"));
    expect(error).toBeInstanceOf(TypeError);
    expect(server.seen).toEqual([]);
  });

  test("hands redirect, manual and error, to the caller as fetch does", async () => {
    await using server = await loopback((_, response) =>
      response.writeHead(302, { location: "http://orders/next" }).end(),
    );
    await using byname = bynameAt(server);
    const call = await of(byname);
    const manual = await call("http://orders/", { redirect: "manual" });
    expect(manual.status).toBe(302);
    await manual.body?.cancel();
    expect(await rejection(call("http://orders/", { redirect: "error" }))).toBeInstanceOf(TypeError);
  });

  test("decodes gzip, as fetch does", async () => {
    const { gzipSync } = await import("node:zlib");
    await using server = await loopback((_, response) =>
      response.setHeader("content-encoding", "gzip").end(gzipSync("small")),
    );
    await using byname = bynameAt(server);
    const call = await of(byname);
    expect(await (await call("http://orders/")).text()).toBe("small");
  });
});

describe("a dispatcher that the caller gives", () => {
  test("carries the request out, led to the endpoint", async () => {
    await using server = await loopback((_, response) => response.end("through it"));
    await using byname = bynameAt(server);
    const own = spying();
    const response = await byname.fetch("http://orders/x", { dispatcher: own } as unknown as RequestInit);
    expect(await response.text()).toBe("through it");
    expect(own.origins).toEqual([`http://127.0.0.1:${server.port}`]);
    expect(server.seen).toMatchObject([{ host: "orders" }]);
  });

  test("carries out what is no service's untouched", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const own = spying();
    const url = `http://127.0.0.1:${server.port}/`;
    await (await byname.fetch(url, { dispatcher: own } as unknown as RequestInit)).text();
    expect(own.origins).toEqual([`http://127.0.0.1:${server.port}`]);
  });

  test("wins over an installation", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    await byname.install();
    const own = spying(`http://127.0.0.1:${server.port}`);
    await (await fetch("http://orders/", { dispatcher: own } as unknown as RequestInit)).text();
    expect(own.origins).toEqual(["http://orders"]);
  });

  test("that throws fails the call, and leaves nothing under way", async () => {
    await using server = await loopback((_, response) => response.end());
    const byname = bynameAt(server);
    const thrown = new Error("cannot");
    const dispatcher = {
      dispatch() {
        throw thrown;
      },
    };
    const error = await byFetch.failure(
      byname.fetch("http://orders/", { dispatcher } as unknown as RequestInit),
    );
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ cause: thrown });
    await byname.close();
  });
});

describe("what a fetch is called by", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("is the process's fetch at the time of the call", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    await (await byname.fetch("http://orders/before")).text();
    const inputs: unknown[] = [];
    const wrapped = globalThis.fetch;
    vi.stubGlobal("fetch", (input: string, init: RequestInit) => {
      inputs.push(input);
      return wrapped(input, init);
    });
    await (await byname.fetch("http://orders/after")).text();
    expect(inputs).toEqual(["http://orders/after"]);
  });

  test("gets the caller's init and does not change it", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const init = Object.freeze({ method: "PUT", headers: Object.freeze({ a: "b" }) });
    await (await byname.fetch("http://orders/", init)).text();
    expect(server.seen).toMatchObject([{ method: "PUT", headers: { a: "b" } }]);
  });
});

describe("an upgrade", () => {
  test("to a WebSocket reaches the service when installed, and no close waits for it", async () => {
    await using server = await loopback(() => {});
    server.server.on("upgrade", (request, socket) => {
      const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash("sha1").update(key).digest("base64");
      const upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
      // One text frame: "hi " and the host that was asked for.
      const text = `hi ${request.headers.host}`;
      socket.write(`${upgrade}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]));
    });
    const byname = bynameAt(server);
    await byInstall.of(byname);
    const socket = new WebSocket("ws://orders/live");
    const [message] = await once(socket as unknown as EventTarget, "message");
    expect((message as MessageEvent).data).toBe("hi orders");
    await byname.close();
  });
});

/** A dispatcher that notes the origins it is asked for, and sends everything to one where that is given. */
function spying(to?: string) {
  void globalThis.Request;
  const origins: string[] = [];
  const slot = Symbol.for("undici.globalDispatcher.1") as never;
  return {
    origins,
    dispatch(options: { origin: string }, handler: unknown): boolean {
      origins.push(String(options.origin));
      const base = globalThis[slot] as { dispatch(options: unknown, handler: unknown): boolean };
      return base.dispatch(to ? { ...options, origin: to } : options, handler);
    },
  } as { readonly origins: string[] };
}
