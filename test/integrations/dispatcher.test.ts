import { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ClosedError, RequestError } from "../../src/index.ts";
import { dispatcherAt, setDispatcherAt, slots } from "../../src/transport/global-dispatcher.ts";
import { blackHole } from "../support/black-hole.ts";
import { FakeSource } from "../support/fake-source.ts";
import { bodyOf, deafPort, loopback } from "../support/loopback.ts";
import { trustCertificates } from "../support/tls/certificates.ts";
import { bynameAt, bynameWith, rejection } from "../support/transports.ts";

// Loading any of them sets the process's dispatcher, where there is none; 8 replaces that of 6, so it comes last.
void globalThis.Request;
const undici6 = await import("undici6");
const undici7 = await import("undici7");
const undici8 = await import("undici");

beforeAll(trustCertificates);

/** The versions, each by the types of 8, which are checked for each further down. */
const versions = [
  ["undici 6", undici6 as unknown as typeof undici8],
  ["undici 7", undici7 as unknown as typeof undici8],
  ["undici 8", undici8],
] as const;

describe.each(versions)("byname.dispatcher for %s", (name, undici) => {
  test("leads its request to an endpoint, and keeps the Host header logical", async () => {
    await using server = await loopback((_, response) => response.end("hello"));
    await using byname = bynameAt(server);
    const { body } = await undici.request("http://orders/path?a=1", { dispatcher: byname.dispatcher });
    expect(await body.text()).toBe("hello");
    expect(server.seen).toMatchObject([{ host: "orders", target: "/path?a=1" }]);
  });

  test("leads its fetch to an endpoint, under the logical URL", async () => {
    await using server = await loopback(async (request, response) => {
      response.setHeader("set-cookie", ["a=1", "b=2"]).end(await bodyOf(request));
    });
    await using byname = bynameAt(server);
    const response = await undici.fetch("http://orders/path", {
      method: "POST",
      body: "forty-two",
      dispatcher: byname.dispatcher,
    });
    expect(await response.text()).toBe("forty-two");
    expect(response.url).toBe("http://orders/path");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(server.seen).toMatchObject([{ host: "orders", method: "POST" }]);
  });

  test("leads Node's own fetch, with it loaded", async () => {
    await using server = await loopback((_, response) => response.end("own"));
    await using byname = bynameAt(server);
    expect(await (await fetch("http://orders/", { dispatcher: byname.dispatcher })).text()).toBe("own");
  });

  test("follows its fetch's redirects within the service", async () => {
    await using server = await loopback(({ url }, response) => {
      if (url === "/new") response.end("new");
      else response.writeHead(302, { location: "http://orders/new" }).end();
    });
    await using byname = bynameAt(server);
    const response = await undici.fetch("http://orders/old", { dispatcher: byname.dispatcher });
    expect(await response.text()).toBe("new");
  });

  test.each([
    ["its own", () => new undici.FormData()],
    ["the platform's", () => new FormData() as never],
  ])("sends forms, %s", async (_whose, make) => {
    await using server = await loopback(async (request, response) => {
      const { headers } = request;
      response.end(`${headers["content-type"]}\n${await bodyOf(request)}`);
    });
    await using byname = bynameAt(server);
    const form = make();
    form.set("a", "1");
    form.set("file", new File(["content"], "name.txt"));
    for (const dispatcher of [byname.dispatcher, undefined]) {
      const init = { method: "POST", body: form, ...(dispatcher ? { dispatcher } : {}) } as const;
      const { body } = await (dispatcher
        ? undici.request("http://orders/", init)
        : byname.request("http://orders/", init as never));
      const text = await body.text();
      expect(text).toMatch(/^multipart\/form-data; boundary=/);
      expect(text).toMatch(/name="a"\r\n\r\n1\r\n.*filename="name.txt".*content/s);
    }
  });

  test("sends a form of the package form-data, which is a stream", async () => {
    await using server = await loopback(async (request, response) => {
      response.end(await bodyOf(request));
    });
    await using byname = bynameAt(server);
    const body = Object.assign(Readable.from(["a ", "form"]), { [Symbol.toStringTag]: "FormData" });
    Object.defineProperty(body, Symbol.iterator, { value: undefined });
    const { dispatcher } = byname;
    const sent = await undici.request("http://orders/", { method: "POST", body, dispatcher });
    expect(await sent.body.text()).toBe("a form");
  });

  test("carries its stream", async () => {
    await using server = await loopback((_, response) => response.end("streamed"));
    await using byname = bynameAt(server);
    const chunks: Buffer[] = [];
    const sink = () =>
      new Writable({
        write(chunk, _, done) {
          chunks.push(chunk);
          done();
        },
      });
    await undici.stream("http://orders/", { dispatcher: byname.dispatcher, method: "GET" }, sink);
    expect(Buffer.concat(chunks).toString()).toBe("streamed");
  });

  test("carries its pipeline", async () => {
    await using server = await loopback(async (request, response) => response.end(await bodyOf(request)));
    await using byname = bynameAt(server);
    const options = { dispatcher: byname.dispatcher, method: "PUT" as const };
    const echo = undici.pipeline("http://orders/", options, ({ body }) => body);
    expect(await text(Readable.from(["for", "ty"]).pipe(echo))).toBe("forty");
  });

  test("takes part in its global dispatcher", async () => {
    await using server = await loopback((_, response) => response.end("global"));
    await using byname = bynameAt(server);
    const before = slots.map(dispatcherAt);
    onTestFinished(() => slots.forEach((slot, i) => void setDispatcherAt(slot, before[i]!)));
    undici.setGlobalDispatcher(byname.dispatcher);
    expect(await (await undici.request("http://orders/")).body.text()).toBe("global");
    expect(await (await undici.fetch("http://orders/")).text()).toBe("global");
    // Node's own fetch uses it as well, but for that of Node 26 where undici 6 put it.
    if (name === "undici 6" && Number.parseInt(process.versions.node, 10) >= 26) return;
    expect(await (await fetch("http://orders/")).text()).toBe("global");
  });

  test("takes its retry agent around it", async () => {
    let asked = 0;
    await using server = await loopback((_, response) => {
      asked += 1;
      response.writeHead(asked === 1 ? 500 : 200).end("again");
    });
    await using byname = bynameAt(server);
    const dispatcher = new undici.RetryAgent(byname.dispatcher, { minTimeout: 1, maxTimeout: 1 });
    const { body } = await undici.request("http://orders/", { dispatcher });
    expect(await body.text()).toBe("again");
  });

  test("repeats what is safe to repeat", async () => {
    let asked = 0;
    await using server = await loopback((_, response) => {
      asked += 1;
      response.writeHead(asked === 1 ? 503 : 200).end("again");
    });
    await using byname = bynameAt(server);
    const { statusCode, body } = await undici.request("http://orders/", { dispatcher: byname.dispatcher });
    expect([statusCode, await body.text(), asked]).toEqual([200, "again", 2]);
  });

  test("goes past an endpoint that refuses, and one that does not answer at all", async () => {
    await using hole = await blackHole();
    await using server = await loopback((_, response) => response.end("alive"));
    await using byname = bynameAt({ address: "127.0.0.1", port: await deafPort() }, hole, server);
    for (let i = 0; i < 4; i++) {
      const options = { method: "POST", body: "once", dispatcher: byname.dispatcher } as const;
      expect(await (await undici.request("http://orders/", options)).body.text()).toBe("alive");
    }
    expect(server.seen).toHaveLength(4);
  });

  test("asks by TLS for the service's name, also where the endpoint offers HTTP/2", async () => {
    await using server = await loopback((_, response) => response.end("safe"), {
      certificate: "orders",
      http2: true,
    });
    await using byname = bynameAt(server);
    const { dispatcher } = byname;
    expect(await (await undici.request("https://orders/", { dispatcher })).body.text()).toBe("safe");
    const response = await undici.fetch("https://orders/", { dispatcher });
    expect([response.status, await response.text()]).toEqual([200, "safe"]);
    expect(server.serverNames).toContain("orders");
    expect(server.seen.map(({ host }) => host)).toEqual(["orders", "orders"]);
    // Handlers of the old kind do not know HTTP/2.
    const spoken = name === "undici 8" ? "2.0" : "1.1";
    expect(server.seen.map(({ version }) => version)).toEqual([spoken, spoken]);
  });

  test("does not accept a certificate for another name", async () => {
    await using server = await loopback((_, response) => response.end(), { certificate: "localhost" });
    await using byname = bynameAt(server);
    const error = await rejection(undici.request("https://orders/", { dispatcher: byname.dispatcher }));
    expect(error).toMatchObject({ code: "BYNAME_REQUEST", cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } });
    expect(server.seen).toEqual([]);
  });

  test("tells by byname's errors what became of each endpoint", async () => {
    await using byname = bynameAt({ address: "127.0.0.1", port: await deafPort() });
    const { dispatcher } = byname;
    expect(await rejection(undici.request("http://orders/", { dispatcher }))).toBeInstanceOf(RequestError);
    const error = await rejection(undici.fetch("http://orders/", { dispatcher }));
    expect((error as Error).cause).toBeInstanceOf(RequestError);
  });

  test("ends when the signal aborts", async () => {
    await using server = await loopback(() => {});
    await using byname = bynameAt(server);
    const abort = new AbortController();
    const options = { dispatcher: byname.dispatcher, signal: abort.signal };
    const failed = [
      rejection(undici.request("http://orders/", options)),
      rejection(undici.fetch("http://orders/", options)),
    ];
    await server.asked(2);
    abort.abort();
    for (const error of await Promise.all(failed)) expect(error).toMatchObject({ name: "AbortError" });
    await server.deserted();
  });

  test("lets other hosts pass", async () => {
    await using server = await loopback((_, response) => response.end("elsewhere"));
    const source = new FakeSource("fake");
    await using byname = bynameWith(source);
    const { dispatcher } = byname;
    const url = `http://127.0.0.1:${server.port}/`;
    expect(await (await undici.request(url, { dispatcher })).body.text()).toBe("elsewhere");
    expect(await (await undici.fetch(url, { dispatcher })).text()).toBe("elsewhere");
    expect(source.asked).toBe(0);
  });

  test("fails after close as a closed instance does, and leaves no connection", async () => {
    await using server = await loopback((_, response) => response.end());
    const byname = bynameAt(server);
    const { dispatcher } = byname;
    await (await undici.request("http://orders/", { dispatcher })).body.dump();
    await byname.close();
    await server.deserted();
    expect(await rejection(undici.request("http://orders/", { dispatcher }))).toBeInstanceOf(ClosedError);
  });
});

test("the dispatcher's type is one that each version takes, and Node's own fetch", async () => {
  await using byname = bynameAt();
  const { dispatcher } = byname;
  const options: [
    Parameters<typeof undici6.request>[1],
    Parameters<typeof undici6.fetch>[1],
    Parameters<typeof undici7.request>[1],
    Parameters<typeof undici7.fetch>[1],
    Parameters<typeof undici8.request>[1],
    Parameters<typeof undici8.fetch>[1],
    Parameters<typeof fetch>[1],
  ] = [
    { dispatcher },
    { dispatcher },
    { dispatcher },
    { dispatcher },
    { dispatcher },
    { dispatcher },
    { dispatcher },
  ];
  expect(options).toHaveLength(7);
  const set = [undici6.setGlobalDispatcher, undici7.setGlobalDispatcher, undici8.setGlobalDispatcher];
  expect(set.map((one: (dispatcher: typeof byname.dispatcher) => void) => typeof one)).toEqual([
    "function",
    "function",
    "function",
  ]);
});
