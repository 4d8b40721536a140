import type { Case, Serve } from "../case.ts";

/** Aborts, before anything, while waiting, and while bodies are under way. */
export const aborts: readonly Case[] = [
  {
    name: "before it begins",
    call: (fetch, at) => fetch(at.orders, { signal: AbortSignal.abort() }),
    shows: { error: "AbortError" },
  },
  {
    name: "before it begins, for a reason",
    call: (fetch, at) => fetch(at.orders, { signal: AbortSignal.abort(new RangeError("mine")) }),
    shows: { error: "RangeError", message: "mine" },
  },
  {
    name: "before it begins, for a reason that is no error",
    call: (fetch, at) => fetch(at.orders, { signal: AbortSignal.abort("a word") }),
    shows: { thrown: "a word" },
  },
  {
    name: "of a Request, before it begins",
    call: (fetch, at) => fetch(new Request(at.orders, { signal: AbortSignal.abort() })),
    shows: { error: "AbortError" },
  },
  {
    name: "at once",
    call(fetch, at) {
      const abort = new AbortController();
      const call = fetch(at.orders, { signal: abort.signal });
      abort.abort();
      return call;
    },
    shows: { error: "AbortError" },
  },
  ...["AbortError", "mine"].map(
    (reason): Case => ({
      name: `while it waits for headers: ${reason}`,
      async call(fetch, at) {
        const abort = new AbortController();
        const call = fetch(at.orders, { signal: abort.signal });
        at.told("asked").then(() => abort.abort(reason === "mine" ? new RangeError("mine") : undefined));
        const ending = await call.catch((error) => error);
        await at.told("closed");
        return ending;
      },
      serve: silent,
      shows: { message: reason === "mine" ? "mine" : "This operation was aborted" },
    }),
  ),
  {
    name: "of a Request, while it waits for headers",
    async call(fetch, at) {
      const abort = new AbortController();
      at.told("asked").then(() => abort.abort());
      return fetch(new Request(at.orders, { signal: abort.signal }));
    },
    serve: silent,
    shows: { error: "AbortError" },
  },
  {
    name: "by init's signal, which wins over the Request's",
    async call(fetch, at) {
      const [own, other] = [new AbortController(), new AbortController()];
      at.told("asked").then(() => {
        own.abort(new Error("the request's"));
        other.abort(new Error("init's"));
      });
      return fetch(new Request(at.orders, { signal: own.signal }), { signal: other.signal });
    },
    serve: silent,
    shows: { message: "init's" },
  },
  {
    name: "by time, while it waits for headers",
    call: (fetch, at) => fetch(at.orders, { signal: AbortSignal.timeout(50) }),
    serve: silent,
    shows: { error: "TimeoutError" },
  },
  {
    name: "by any of several signals",
    call: (fetch, at) =>
      fetch(at.orders, { signal: AbortSignal.any([new AbortController().signal, AbortSignal.timeout(50)]) }),
    serve: silent,
    shows: { error: "TimeoutError" },
  },
  ...["AbortError", "mine"].map(
    (reason): Case => ({
      name: `while the answer's body comes: ${reason}`,
      async call(fetch, at) {
        const abort = new AbortController();
        const response = await fetch(at.orders, { signal: abort.signal });
        const reader = response.body!.getReader();
        const first = await reader.read();
        abort.abort(reason === "mine" ? new RangeError("mine") : undefined);
        const second = await reader.read().catch((error) => error);
        await at.told("closed");
        return { first, second, status: response.status };
      },
      serve: halfway,
      shows: { second: { message: reason === "mine" ? "mine" : "This operation was aborted" } },
    }),
  ),
  {
    name: "while the answer's text is awaited",
    async call(fetch, at) {
      const abort = new AbortController();
      const response = await fetch(at.orders, { signal: abort.signal });
      const text = response.text();
      abort.abort();
      return text;
    },
    serve: halfway,
    shows: { error: "AbortError" },
  },
  {
    name: "before the answer's body is read",
    async call(fetch, at) {
      const abort = new AbortController();
      const response = await fetch(at.orders, { signal: abort.signal });
      abort.abort();
      return response.text();
    },
    serve: halfway,
    shows: { error: "AbortError" },
  },
  {
    name: "of a clone, which ends as well",
    async call(fetch, at) {
      const abort = new AbortController();
      const response = await fetch(at.orders, { signal: abort.signal });
      const clone = response.clone();
      const [one, two] = [response.text(), clone.text()].map((text) => text.catch((error) => error));
      abort.abort();
      return [await one, await two];
    },
    serve: halfway,
    shows: [{ error: "AbortError" }, { error: "AbortError" }],
  },
  {
    name: "of an encoded answer",
    async call(fetch, at) {
      const abort = new AbortController();
      const response = await fetch(at.orders, { signal: abort.signal });
      abort.abort();
      return response.text();
    },
    serve: (_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).flushHeaders();
    },
    shows: { error: "AbortError" },
  },
  {
    name: "after the end, which changes nothing",
    async call(fetch, at) {
      const abort = new AbortController();
      const response = await fetch(at.orders, { signal: abort.signal });
      const text = await response.text();
      abort.abort();
      return [text, response.status];
    },
    shows: ["served", 200],
  },
  {
    name: "while the request's stream is being sent",
    async call(fetch, at) {
      const abort = new AbortController();
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writing = writable.getWriter().write(Buffer.from("first"));
      const init = { method: "POST", body: readable, duplex: "half", signal: abort.signal };
      at.told("asked").then(() => abort.abort());
      const ending = await fetch(at.orders, init as RequestInit).catch((error) => error);
      await at.told("closed");
      return { ending, written: await writing };
    },
    serve: silent,
    shows: { ending: { error: "AbortError" } },
  },
  {
    name: "before it begins, with a stream, which is told of it",
    async call(fetch, at) {
      let reason: unknown = "nobody told";
      const body = new ReadableStream({
        cancel(why) {
          reason = why;
        },
      });
      const init = { method: "POST", body, duplex: "half", signal: AbortSignal.abort() };
      const ending = await fetch(at.orders, init as RequestInit).catch((error) => error);
      return { ending, reason };
    },
    shows: { ending: { error: "AbortError" } },
  },
  {
    name: "a signal that is none",
    call: (fetch, at) => fetch(at.orders, { signal: {} as AbortSignal }),
    shows: { isTypeError: true },
  },
  { name: "a signal of null", call: (fetch, at) => fetch(at.orders, { signal: null }) },
];

/** Never answers. */
function silent(...[_request, response, at]: Parameters<Serve>): void {
  response.on("close", () => at.tell("closed"));
  at.tell("asked");
}

/** Answers, but never to the end. */
function halfway(...[_request, response, at]: Parameters<Serve>): void {
  response.on("close", () => at.tell("closed"));
  response.write("first");
}
