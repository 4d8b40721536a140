import type { Case, Fetch, Places } from "../case.ts";

/** What a program changes after the call: fetch has read everything by then. */
export const afterwards: readonly Case[] = [
  changing("the URL", (at) => {
    const url = new URL("/before", at.orders);
    return { input: url, change: () => url.searchParams.set("after", "1") };
  }),
  changing("headers", (at) => {
    const headers = new Headers({ "x-a": "before" });
    return { input: at.orders, init: { headers }, change: () => headers.set("x-a", "after") };
  }),
  changing("headers in an object", (at) => {
    const headers = { "x-a": "before" };
    return { input: at.orders, init: { headers }, change: () => Object.assign(headers, { "x-a": "after" }) };
  }),
  changing("init", (at) => {
    const init = { method: "PUT" };
    return { input: at.orders, init, change: () => Object.assign(init, { method: "DELETE" }) };
  }),
  changing("bytes", (at) => {
    const body = Buffer.from("before");
    return { input: at.orders, init: { method: "POST", body }, change: () => body.fill("x") };
  }),
  changing("parameters", (at) => {
    const body = new URLSearchParams("a=before");
    return { input: at.orders, init: { method: "POST", body }, change: () => body.set("a", "after") };
  }),
  changing("a form", (at) => {
    const body = new FormData();
    body.set("a", "before");
    return { input: at.orders, init: { method: "POST", body }, change: () => body.set("a", "after") };
  }),
  changing("the headers of a Request", (at) => {
    const request = new Request(at.orders, { headers: { "x-a": "before" } });
    return { input: request, change: () => request.headers.set("x-a", "after") };
  }),
  {
    name: "the body of a Request is used at once",
    async call(fetch, at) {
      const request = new Request(at.orders, { method: "POST", body: "text" });
      const call = fetch(request);
      const { bodyUsed } = request;
      return [bodyUsed, await call];
    },
    shows: [true, { status: 200 }],
  },
  {
    name: "whether a stream is locked at once",
    async call(fetch, at) {
      const body = new Blob(["text"]).stream();
      const call = fetch(at.orders, { method: "POST", body, duplex: "half" } as RequestInit);
      const { locked } = body;
      return { locked, answer: await call };
    },
    // Node 26 locks it later.
    shows: { answer: { status: 200 } },
  },
];

interface Changing {
  readonly input: Parameters<Fetch>[0];
  readonly init?: RequestInit;
  readonly change: () => unknown;
}

function changing(name: string, given: (at: Places) => Changing): Case {
  return {
    name,
    call(fetch, at) {
      const { input, init, change } = given(at);
      const call = fetch(input, init);
      change();
      return call;
    },
  };
}
