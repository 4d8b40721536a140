import type { Case, Serve } from "../case.ts";

/** Servers in trouble, which answer in part, or not at all, or what is not HTTP. */
export const trouble: readonly Case[] = [
  ...[{}, { method: "POST" }, { method: "POST", body: "text" }].map(
    (init): Case => ({
      name: `nobody listens: ${JSON.stringify(init)}`,
      call: (fetch, at) => fetch(at.gone, init),
      shows: { isTypeError: true, cause: { code: "ECONNREFUSED" } },
    }),
  ),
  {
    name: "redirects to where nobody listens",
    call: (fetch, at) => fetch(at.orders),
    serve: (_request, response, at) => response.writeHead(302, { location: at.gone }).end(),
    shows: { isTypeError: true, cause: { code: "ECONNREFUSED" } },
  },
  failing("closes at once", (request) => request.socket.end()),
  failing("resets at once", (request) => request.socket.resetAndDestroy()),
  failing("closes within the headers", raw("HTTP/1.1 200 OK\r\ncontent-le")),
  failing("says what is not HTTP", raw("220 mail.example ESMTP\r\n")),
  failing("says a status that is none", raw("HTTP/1.1 abc OK\r\n\r\n")),
  failing("says a header that is none", raw("HTTP/1.1 200 OK\r\nno header\r\n\r\n")),
  failing("says two lengths", raw("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab")),
  failing(
    "switches protocols that nobody asked for",
    raw("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
  ),
  failing(
    "says to continue what nobody asked about",
    raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
  ),
  failing(
    "sends too many headers",
    raw(`HTTP/1.1 200 OK\r\n${`x-a: ${"y".repeat(1_000)}\r\n`.repeat(40)}\r\n`),
  ),
  halfway("closes before the end of a length", raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")),
  halfway(
    "closes within its pieces",
    raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
  ),
  halfway(
    "sends a piece that is none",
    raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nZZ\r\n"),
  ),
  halfway("resets within the body", (request, response) => {
    response.writeHead(200, { "content-length": 10 });
    response.write("half", () => setImmediate(() => request.socket.resetAndDestroy()));
  }),
  {
    name: "sends more than it said",
    call: (fetch, at) => fetch(at.orders),
    serve: raw("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmore than that"),
  },
  {
    name: "sends a body where none may be",
    call: (fetch, at) => fetch(at.orders, { method: "HEAD" }),
    serve: raw("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"),
  },
  {
    name: "closes under a POST",
    call: (fetch, at) => fetch(at.orders, { method: "POST", body: "text" }),
    serve: async (request, _response, { body }) => {
      await body;
      request.socket.end();
    },
    shows: { isTypeError: true },
  },
  {
    name: "closes under a stream",
    call(fetch, at) {
      const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from("first")) });
      return fetch(at.orders, { method: "POST", body, duplex: "half" } as RequestInit);
    },
    serve: (request) => request.socket.destroy(),
    shows: { isTypeError: true },
  },
  {
    name: "is asked again after it closed",
    async call(fetch, at) {
      const ends = [];
      for (let times = 0; times < 3; times++)
        ends.push(await fetch(`${at.orders}/${times}`).catch((error) => error));
      return ends;
    },
    serve: (request, response) => (request.url === "/1" ? request.socket.end() : response.end("well")),
    shows: [{ body: "well" }, { isTypeError: true }, { body: "well" }],
  },
  {
    name: "answers before it has read the request",
    call: (fetch, at) => fetch(at.orders, { method: "POST", body: "x".repeat(100_000) }),
    serve: async (_request, response, { body }) => {
      response.writeHead(400).write("no");
      await body;
      response.end();
    },
    shows: { status: 400 },
  },
];

function raw(text: string): Serve {
  return (request) => request.socket.end(text);
}

function failing(name: string, serve: Serve): Case {
  return { name, call: (fetch, at) => fetch(at.orders), serve, shows: { isTypeError: true } };
}

/** The headers come and the body fails. */
function halfway(name: string, serve: Serve): Case {
  return {
    name,
    call: (fetch, at) => fetch(at.orders),
    serve,
    shows: { status: 200, body: { isTypeError: true }, copied: { isTypeError: true } },
  };
}
