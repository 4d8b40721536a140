import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Case, Serve } from "../case.ts";

const text = "an answer that is long enough to be worth it, and long enough, and long enough";
const big = Buffer.alloc(13_000_000, "an answer of thirteen megabytes; ");
const megabyte = big.subarray(0, 1_000_000);
const boundary = "a-boundary-that-is-long-enough-for-all";
const form = [`--${boundary}`, 'content-disposition: form-data; name="a"', "", "1", `--${boundary}--`, ""];
const statuses = [200, 201, 202, 203, 206, 207, 226, 300, 304, 400, 401, 404, 409, 418, 421, 425, 429];
const troubles = [500, 501, 502, 503, 504, 599, 999];
const empty = [204, 205, 304];

/** Answers: their status, headers and bodies, in all forms that they are read in. */
export const answers: readonly Case[] = [
  ...([...statuses, ...troubles].map((status) => ({
    name: `status ${status}`,
    call: (fetch, at) => fetch(at.orders),
    serve: (_request, response) => response.writeHead(status).end(empty.includes(status) ? "" : text),
    // A response cannot be made with a status like that.
    shows: status < 600 ? { status } : {},
  })) satisfies Case[]),
  ...(empty.map((status) => ({
    name: `status ${status} has no body`,
    call: async (fetch, at) => (await fetch(at.orders)).body === null,
    serve: (_request, response) => response.writeHead(status).end(),
    shows: true,
  })) satisfies Case[]),
  serving("a reason of the server's own", (_, response) => response.writeHead(200, "Quite Fine").end()),
  serving("several cookies", (_, response) =>
    response
      .setHeader("set-cookie", [
        "a=1; Path=/; HttpOnly",
        "b=2, 3",
        "c=4; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
      ])
      .end(),
  ),
  serving("a header twice", (_, response) => response.setHeader("x-a", ["1", "2"]).end()),
  serving("headers that are not ASCII", (_, response) => response.setHeader("x-a", "caf\u00e9").end()),
  serving("cookies, which are not sent again", async (_, response) =>
    response.setHeader("set-cookie", "a=1").end(),
  ),
  {
    name: "status 407, which is no server's to say",
    call: (fetch, at) => fetch(at.orders),
    serve: (_request, response) => response.writeHead(407).end(),
    shows: { isTypeError: true },
  },
  {
    name: "an encoding with a status without a body",
    call: (fetch, at) => fetch(at.orders),
    serve: (_request, response) => response.writeHead(204, { "content-encoding": "gzip" }).end(),
    shows: { status: 204 },
  },
  {
    name: "headers that may not be changed",
    async call(fetch, at) {
      const { headers } = await fetch(at.orders);
      headers.set("x-a", "1");
    },
    shows: { isTypeError: true },
  },
  { name: "HEAD", call: (fetch, at) => fetch(at.orders, { method: "HEAD" }), serve: sized },
  {
    name: "HEAD with an encoding",
    call: (fetch, at) => fetch(at.orders, { method: "HEAD" }),
    serve: (_request, response) => response.setHeader("content-encoding", "gzip").end(),
  },
  serving("an empty body", (_, response) => response.end()),
  serving("a length", sized),
  serving("pieces", async (_, response) => {
    for (const piece of ["one ", "two ", "three"]) {
      await new Promise((resolve) => response.write(piece, resolve));
    }
    response.end();
  }),
  serving("a body that ends with its connection", (_, response) => {
    response.socket!.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${text}`);
  }),
  serving("HTTP/1.0", (_, response) => {
    response.socket!.end(`HTTP/1.0 200 OK\r\ncontent-length: 4\r\n\r\ntext`);
  }),
  serving("trailers, which are ignored", (_, response) => {
    response.setHeader("trailer", "x-sum");
    response.write("body");
    response.addTrailers({ "x-sum": "1" });
    response.end();
  }),
  serving("thirteen megabytes in pieces", async (_, response) => {
    for (let at = 0; at < big.length; at += 100_000) {
      await new Promise((resolve) => response.write(big.subarray(at, at + 100_000), resolve));
    }
    response.end();
  }),
  serving("gzip", encoded("gzip", gzipSync(text))),
  serving("x-gzip", encoded("x-gzip", gzipSync(text))),
  serving("deflate", encoded("deflate", deflateSync(text))),
  serving("raw deflate", encoded("deflate", deflateRawSync(text))),
  serving("br", encoded("br", brotliCompressSync(text))),
  serving("zstd", encoded("zstd", zstdCompressSync(text))),
  serving("two encodings", encoded("gzip, br", brotliCompressSync(gzipSync(text)))),
  serving("an encoding that nobody knows", encoded("mine", Buffer.from(text))),
  serving("an encoding of nothing", encoded("gzip", Buffer.alloc(0))),
  serving("thirteen megabytes in gzip", encoded("gzip", gzipSync(big))),
  serving("gzip that is broken", encoded("gzip", Buffer.from("this is no gzip"))),
  serving("gzip that ends too soon", encoded("gzip", gzipSync(big).subarray(0, 5_000))),
  serving("early hints before it", (_, response) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style", "x-hint": "1" });
    response.end(text);
  }),
  serving("102 before it", (_, response) => {
    response.writeProcessing();
    response.end(text);
  }),
  reading("text", (response) => response.text(), "hällo", { shows: "hällo" }),
  reading("text with a byte order mark", (response) => response.text(), "\ufeffhello", { shows: "hello" }),
  reading("text that is not UTF-8", (response) => response.text(), Buffer.from([0x61, 0xff, 0x62]), {
    shows: "a\ufffdb",
  }),
  reading("json", (response) => response.json(), '{"a":[1]}', { shows: { a: [1] } }),
  reading("json that is none", (response) => response.json(), "<html>", { shows: { error: "SyntaxError" } }),
  reading("json that is empty", (response) => response.json(), "", { shows: { error: "SyntaxError" } }),
  reading("arrayBuffer", (response) => response.arrayBuffer(), "hello", { shows: { arrayBuffer: "hello" } }),
  reading("bytes", (response) => response.bytes(), "hello", {
    shows: { class: "Uint8Array", bytes: "hello" },
  }),
  reading("blob", (response) => response.blob(), "hello", {
    type: "text/x-a; charset=utf-8",
    shows: { bytes: "hello" },
  }),
  reading("formData of a form", (response) => response.formData(), form.join("\r\n"), {
    type: `multipart/form-data; boundary=${boundary}`,
    shows: { form: [["a", "1"]] },
  }),
  reading("formData of parameters", (response) => response.formData(), "a=1&b=2", {
    type: "application/x-www-form-urlencoded",
    shows: {
      form: [
        ["a", "1"],
        ["b", "2"],
      ],
    },
  }),
  reading("formData of something else", (response) => response.formData(), "a=1", {
    shows: { isTypeError: true },
  }),
  reading("twice", async (response) => [await response.text(), await response.text()], "hello", {
    shows: { isTypeError: true },
  }),
  reading(
    "by its clone after itself",
    async (response) => {
      const clone = response.clone();
      return [
        await response.text(),
        response.bodyUsed,
        clone.bodyUsed,
        await clone.json(),
        clone.url === response.url,
      ];
    },
    "[1]",
    { shows: ["[1]", true, false, [1], true] },
  ),
  reading(
    "by a clone that is made too late",
    async (response) => {
      await response.text();
      return response.clone();
    },
    "hello",
    { shows: { isTypeError: true } },
  ),
  reading(
    "by for await",
    async (response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body!) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    megabyte,
    { shows: { class: "Buffer" } },
  ),
  reading(
    "by a reader that stops",
    async (response) => {
      const reader = response.body!.getReader();
      const { value, done } = await reader.read();
      await reader.cancel("enough");
      return [value!.length > 0, done, await reader.read(), response.bodyUsed];
    },
    megabyte,
    { shows: [true, false, { done: true }, true] },
  ),
  reading(
    "through a stream of one's own",
    (response) =>
      new Response(response.body!.pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream())),
    "hällo",
    {
      shows: { body: Buffer.from("hällo").toString("latin1") },
    },
  ),
  reading(
    "by two tees",
    async (response) => {
      const [one, two] = response.body!.tee();
      return [await new Response(one).text(), await new Response(two).text()];
    },
    "hello",
    { shows: ["hello", "hello"] },
  ),
  {
    name: "piece by piece, as they come",
    async call(fetch, at) {
      const reader = (await fetch(at.orders)).body!.getReader();
      const first = await reader.read();
      at.tell("read");
      const second = await reader.read();
      return [first, second, await reader.read()];
    },
    serve: async (_request, response, at) => {
      response.write("first");
      await at.told("read");
      response.end("second");
    },
    shows: [{ value: { bytes: "first" } }, { value: { bytes: "second" } }, { done: true }],
  },
  {
    name: "one that nobody wants, as the server sees it",
    async call(fetch, at) {
      const response = await fetch(at.orders);
      await response.body!.cancel("not wanted");
      await at.told("closed");
      return response.bodyUsed;
    },
    serve: (_request, response, at) => {
      response.on("close", () => at.tell("closed"));
      response.write("first");
    },
    shows: true,
  },
  {
    name: "ten at once",
    call: (fetch, at) => Promise.all(Array.from({ length: 10 }, () => fetch(at.orders))),
    shows: [{ status: 200 }, {}, {}, {}, {}, {}, {}, {}, {}, {}],
  },
];

function sized(...[_request, response]: Parameters<Serve>): void {
  response.setHeader("content-length", text.length).end(text);
}

function serving(name: string, serve: Serve): Case {
  return { name, call: (fetch, at) => fetch(at.orders), serve };
}

function encoded(encoding: string, content: Buffer): Serve {
  return (_request, response) => response.setHeader("content-encoding", encoding).end(content);
}

function reading(
  name: string,
  read: (response: Response) => unknown,
  content: string | Buffer,
  { type = "", shows }: { readonly type?: string; readonly shows: unknown },
): Case {
  return {
    name: `read as ${name}`,
    call: async (fetch, at) => read(await fetch(at.orders)),
    serve: (_request, response) => response.setHeader("content-type", type).end(content),
    shows,
  };
}
