import type { Case, Serve } from "../case.ts";

const texts = [
  "no healthy upstream",
  "no healthy upstream, and more of it",
  "no health insurance",
  "no heal",
  "",
  "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
  "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection timeout",
  "upstream connect error or disconnect/reset before headers. reset reason: overflow",
];
const shows = { status: 503 };

/** Answers that may be the proxy's own: the caller gets them all the same, where nothing better is known. */
export const proxies: readonly Case[] = [
  ...texts.map(
    (text): Case => ({
      name: JSON.stringify(text),
      call: (fetch, at) => fetch(at.orders),
      serve: (_request, response) => envoy(response).end(text),
      shows: { status: 503, body: text },
    }),
  ),
  ...["POST", "PUT"].map(
    (method): Case => ({
      name: `after ${method}`,
      call: (fetch, at) => fetch(at.orders, { method, body: "text" }),
      serve: async (_request, response, { body }) => {
        await body;
        envoy(response).end(texts[0]);
      },
      shows,
    }),
  ),
  {
    name: "after a stream",
    call: (fetch, at) =>
      fetch(at.orders, { method: "POST", body: new Blob(["text"]).stream(), duplex: "half" } as RequestInit),
    serve: async (_request, response, { body }) => {
      await body;
      envoy(response).end(texts[0]);
    },
    shows,
  },
  {
    name: "after HEAD",
    call: (fetch, at) => fetch(at.orders, { method: "HEAD" }),
    serve: (_request, response) => envoy(response).end(),
    shows,
  },
  {
    name: "letter by letter",
    call: (fetch, at) => fetch(at.orders),
    serve: async (_request, response) => {
      envoy(response);
      for (const letter of texts[1]!) await new Promise((resolve) => response.write(letter, resolve));
      response.end();
    },
    shows,
  },
  {
    name: "with an end that is long",
    call: (fetch, at) => fetch(at.orders),
    serve: (_request, response) => envoy(response).end(`no heal${"x".repeat(300_000)}`),
    shows,
  },
  {
    name: "that ends too soon",
    call: (fetch, at) => fetch(at.orders),
    serve: (request, response) => {
      envoy(response).write("no heal", () => request.socket.end());
    },
    shows: { status: 503, body: { isTypeError: true } },
  },
  {
    name: "that is a service's",
    call: (fetch, at) => fetch(at.orders),
    serve: (_request, response) => envoy(response, { "x-envoy-upstream-service-time": "1" }).end(texts[0]),
    shows,
  },
  {
    name: "aborted before it is known whose it is",
    async call(fetch, at) {
      const abort = new AbortController();
      at.told("begun").then(() => abort.abort());
      const response = await fetch(at.orders, { signal: abort.signal });
      return response.text();
    },
    serve: (_request, response, at) => {
      envoy(response).write("no heal", () => at.tell("begun"));
    },
    shows: { error: "AbortError" },
  },
];

function envoy(response: Parameters<Serve>[1], more = {}): Parameters<Serve>[1] {
  return response.writeHead(503, { server: "envoy", "content-type": "text/plain", ...more });
}
