import type { Case, Fetch, Serve } from "../case.ts";

const big = Buffer.alloc(13_000_000, "a request of thirteen megabytes; ");
const file = new File(["name,price\n"], "prices.csv", { type: "text/csv", lastModified: 0 });

/** Bodies of requests, in all forms that fetch takes. */
export const bodies: readonly Case[] = [
  posting("a string", () => "text with ä and €"),
  posting("an empty string", () => ""),
  posting("null", () => null),
  posting("a number, which reads as a string", () => 42),
  posting("an object, which reads as a string", () => ({ a: 1 })),
  posting("a Uint8Array", () => new Uint8Array([0, 1, 2, 255])),
  posting("a part of a buffer", () => new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 3)),
  posting("a Buffer", () => Buffer.from("a buffer")),
  posting("an ArrayBuffer", () => new Uint8Array([3, 2, 1]).buffer),
  posting("a DataView", () => new DataView(new Uint8Array([9, 8, 7, 6]).buffer, 1, 2)),
  posting("an empty Uint8Array", () => new Uint8Array()),
  posting("a Blob", () => new Blob(["a ", "blob"], { type: "text/x-blob" })),
  posting("a Blob without a type", () => new Blob(["a blob"])),
  posting("an empty Blob", () => new Blob([])),
  posting("a File", () => file),
  posting("URLSearchParams", () => new URLSearchParams({ a: "1 2", b: "ä&=" })),
  posting("FormData with a file and two values of one name", () => form()),
  posting("an empty FormData", () => new FormData()),
  posting("a stream", () => streamOf("one ", "two ", "three")),
  posting("a stream of nothing", () => streamOf()),
  posting(
    "a stream of bytes",
    () =>
      new ReadableStream({
        type: "bytes",
        start(controller) {
          controller.enqueue(new TextEncoder().encode("bytes"));
          controller.close();
        },
      }),
  ),
  posting("an async iterable", () => pieces("one ", "two")),
  posting("a stream that comes in time", () => slowly("one ", "two")),
  posting("a megabyte", () => big.subarray(0, 1_000_000)),
  posting("a megabyte in a Blob", () => new Blob([big.subarray(0, 1_000_000)])),
  {
    name: "thirteen megabytes in pieces",
    call: (fetch, at) =>
      post(fetch, at.orders, pieces(...Array.from({ length: 200 }, () => big.subarray(0, 65_000)))),
  },
  posting("a string with a type of the caller's", () => "{}", {
    headers: { "content-type": "application/json" },
  }),
  posting("a string with a length of the caller's", () => "text", { headers: { "content-length": "4" } }),
  posting("a form with a type of the caller's", () => form(), { headers: { "content-type": "text/plain" } }),
  posting("a body with DELETE", () => "gone", { method: "DELETE" }),
  posting("a body with PUT, in a stream", () => streamOf("put"), { method: "PUT" }),
  posting("a body with a method of one's own", () => streamOf("own"), { method: "PURGE" }),
  {
    name: "a Request's own stream",
    call: (fetch, at) =>
      fetch(new Request(at.orders, { method: "POST", body: streamOf("own"), duplex: "half" } as RequestInit)),
  },
  {
    name: "the body of an answer, sent on",
    async call(fetch, at) {
      const { body } = await fetch(at.users);
      return fetch(at.orders, { method: "POST", body, duplex: "half" } as RequestInit);
    },
  },
  {
    name: "an answer that comes while the request is being sent",
    async call(fetch, at) {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      const writing = writer.write(Buffer.from("first, "));
      const response = await post(fetch, at.orders, readable);
      await writing;
      await writer.write(Buffer.from("then the rest"));
      await writer.close();
      return response;
    },
    serve: async (_request, response, { body }) => {
      response.flushHeaders();
      response.end(await body);
    },
    shows: { status: 200, body: "first, then the rest" },
  },
  {
    name: "a stream that fails",
    call: (fetch, at) =>
      post(
        fetch,
        at.orders,
        new ReadableStream({
          pull(controller) {
            controller.error(new RangeError("the caller's own"));
          },
        }),
      ),
    shows: { isTypeError: true },
  },
  {
    name: "an iterable that throws after a piece",
    call: (fetch, at) =>
      post(
        fetch,
        at.orders,
        (async function* () {
          yield Buffer.from("first");
          await at.told("asked");
          throw new RangeError("the caller's own");
        })(),
      ),
    serve: (_request, _response, at) => at.tell("asked"),
    shows: { isTypeError: true },
  },
  {
    name: "a stream of strings",
    call: (fetch, at) =>
      post(
        fetch,
        at.orders,
        new ReadableStream({
          start(controller) {
            controller.enqueue("text");
            controller.close();
          },
        }),
      ),
  },
  {
    name: "a stream that is locked",
    call(fetch, at) {
      const body = streamOf("locked");
      body.getReader();
      return post(fetch, at.orders, body);
    },
    shows: { isTypeError: true },
  },
  {
    name: "a stream that is used",
    async call(fetch, at) {
      const body = streamOf("used");
      await new Response(body).text();
      return post(fetch, at.orders, body);
    },
    shows: { isTypeError: true },
  },
  {
    name: "a stream without duplex",
    call: (fetch, at) => fetch(at.orders, { method: "POST", body: streamOf("half") }),
    shows: { isTypeError: true },
  },
  {
    name: "a body with GET",
    call: (fetch, at) => fetch(at.orders, { body: "no" }),
    shows: { isTypeError: true },
  },
  {
    name: "a body with HEAD",
    call: (fetch, at) => fetch(at.orders, { method: "HEAD", body: "no" }),
    shows: { isTypeError: true },
  },
  {
    name: "a stream that the server does not want",
    async call(fetch, at) {
      const body = pieces(...Array.from({ length: 20 }, () => big.subarray(0, 65_000)));
      const { status } = await post(fetch, at.orders, body);
      return status;
    },
    serve: (_request, response) => response.writeHead(413, { connection: "close" }).end(),
    shows: 413,
  },
];

async function echo(...[_request, response, { body }]: Parameters<Serve>): Promise<void> {
  response.end(await body);
}

function posting(name: string, body: () => unknown, init: RequestInit = {}): Case {
  const call: Case["call"] = (fetch, at) => post(fetch, at.orders, body(), init);
  return { name, call, serve: echo };
}

function post(fetch: Fetch, url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { method: "POST", ...init, body, duplex: "half" } as RequestInit);
}

function form(): FormData {
  const data = new FormData();
  data.append("a", "1");
  data.append("a", "zwei ä\r\n");
  data.append("file", file);
  data.append("blob", new Blob(["no name"]), 'na"me.bin');
  return data;
}

function streamOf(...texts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}

async function* pieces(...all: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const one of all) yield Buffer.from(one as string);
}

function slowly(...texts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const text = texts.shift();
      if (text === undefined) controller.close();
      else controller.enqueue(Buffer.from(text));
    },
  });
}
