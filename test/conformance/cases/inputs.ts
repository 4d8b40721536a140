import type { Case } from "../case.ts";

const methods = ["GET", "get", "HEAD", "head", "POST", "post", "PUT", "put", "DELETE", "delete", "OPTIONS"];
const others = ["options", "PATCH", "patch", "QUERY", "PURGE", "purge", "M-SEARCH"];

/** What fetch is given: URLs, Requests, methods, headers. */
export const inputs: readonly Case[] = [
  { name: "a string", call: (fetch, at) => fetch(`${at.orders}/v1?a=1&b=%20#part`) },
  { name: "a string in capitals", call: (fetch, at) => fetch(at.orders.toUpperCase()) },
  { name: "a string with spaces around", call: (fetch, at) => fetch(`  ${at.orders}/x\n`) },
  { name: "a string with dots in its path", call: (fetch, at) => fetch(`${at.orders}/a/../b/./c`) },
  { name: "a string with backslashes", call: (fetch, at) => fetch(`${at.orders}\\a\\b`) },
  { name: "a string that is to be encoded", call: (fetch, at) => fetch(`${at.orders}/ä ö?q=ü&"'`) },
  { name: "a URL", call: (fetch, at) => fetch(new URL("/v1?a=1#part", at.orders)) },
  {
    name: "an object that reads as a URL",
    call: (fetch, at) => fetch({ toString: () => `${at.orders}/text` } as string),
  },
  {
    name: "an object that has a url, and reads as another",
    call: (fetch, at) =>
      fetch({ url: `${at.users}/url`, toString: () => `${at.orders}/text` } as unknown as string),
  },
  { name: "a Request", call: (fetch, at) => fetch(new Request(`${at.orders}/request#part`)) },
  {
    name: "a Request with everything",
    call: (fetch, at) =>
      fetch(new Request(at.orders, { method: "PUT", body: "text", headers: { "x-a": "1" } })),
  },
  {
    name: "a Request, and init that changes all of it",
    call: (fetch, at) =>
      fetch(new Request(at.orders, { method: "PUT", body: "text", headers: { "x-a": "1" } }), {
        method: "POST",
        body: "other",
        headers: { "x-b": "2" },
      }),
  },
  {
    name: "a Request, and init that changes its headers alone",
    call: (fetch, at) =>
      fetch(new Request(at.orders, { method: "PUT", body: "text", headers: { "x-a": "1" } }), {
        headers: { "x-b": "2" },
      }),
  },
  {
    name: "a Request, and init that changes its method alone",
    call: (fetch, at) => fetch(new Request(at.orders, { method: "PUT", body: "text" }), { method: "PATCH" }),
  },
  {
    name: "a Request, and init of undefined values",
    call: (fetch, at) =>
      fetch(new Request(at.orders, { method: "PUT", body: "text" }), {
        method: undefined,
        headers: undefined,
        body: undefined,
      } as unknown as RequestInit),
  },
  {
    name: "a Request of a class of one's own",
    call(fetch, at) {
      class Own extends Request {}
      return fetch(new Own(at.orders, { method: "POST", body: "own" }));
    },
  },
  {
    name: "a Request and its clone, one after the other",
    async call(fetch, at) {
      const request = new Request(at.orders, { method: "POST", body: "twice" });
      return [await fetch(request.clone()), await fetch(request), request.bodyUsed];
    },
    shows: [{ status: 200 }, { status: 200 }, true],
  },
  {
    name: "a Request whose body is used",
    async call(fetch, at) {
      const request = new Request(at.orders, { method: "POST", body: "used" });
      await request.text();
      return fetch(request);
    },
    shows: { isTypeError: true },
  },
  {
    name: "a Request that was sent before",
    async call(fetch, at) {
      const request = new Request(at.orders, { method: "POST", body: "once" });
      await fetch(request);
      return fetch(request);
    },
    shows: { isTypeError: true },
  },
  {
    name: "a Request without a body, twice",
    async call(fetch, at) {
      const request = new Request(at.orders);
      return [await fetch(request), await fetch(request)];
    },
    shows: [{ status: 200 }, { status: 200 }],
  },
  { name: "init null", call: (fetch, at) => fetch(at.orders, null as unknown as RequestInit) },
  { name: "init of a class", call: (fetch, at) => fetch(at.orders, new PutInit()) },
  {
    name: "init that inherits",
    call: (fetch, at) =>
      fetch(at.orders, Object.create({ method: "PUT", headers: { "x-a": "1" }, body: "text" })),
  },
  {
    name: "init that is a Request",
    call: (fetch, at) =>
      fetch(at.orders, new Request(at.users, { method: "PUT", headers: { "x-a": "1" }, body: "text" })),
    shows: {},
  },
  {
    name: "init with getters, which are read once",
    async call(fetch, at) {
      const reads: string[] = [];
      const init = {
        get method() {
          reads.push("method");
          return "POST";
        },
        get body() {
          reads.push("body");
          return "got";
        },
      };
      return [await fetch(at.orders, init), reads.includes("method") && reads.includes("body")];
    },
    shows: [{ status: 200 }, true],
  },
  {
    name: "init with a getter that throws",
    call: (fetch, at) =>
      fetch(at.orders, {
        get method(): string {
          throw new RangeError("no method");
        },
      }),
    shows: { error: "RangeError", message: "no method" },
  },
  ...([...methods, ...others].map((method) => ({
    name: `the method ${method}`,
    call: (fetch, at) => fetch(at.orders, { method }),
    // Node's server does not know a method in small letters.
    ...(method === "patch" || method === "purge" ? { shows: { status: 400 } } : {}),
  })) satisfies Case[]),
  {
    name: "headers as an object",
    call: (fetch, at) =>
      fetch(at.orders, { headers: { "X-One": "1", accept: "text/plain", "x-two": " 2 " } }),
  },
  {
    name: "headers as pairs, of which two have the same name",
    call: (fetch, at) => {
      const headers: [string, string][] = [
        ["X-A", "1"],
        ["x-a", "2"],
        ["cookie", "a=1"],
        ["cookie", "b=2"],
      ];
      return fetch(at.orders, { headers });
    },
  },
  {
    name: "headers as Headers",
    call(fetch, at) {
      const headers = new Headers({ "x-a": "1" });
      headers.append("x-a", "2");
      return fetch(at.orders, { headers });
    },
  },
  {
    name: "headers as a Map",
    call: (fetch, at) => fetch(at.orders, { headers: new Map([["x-a", "1"]]) as unknown as Headers }),
  },
  {
    name: "headers that are not ASCII",
    call: (fetch, at) => fetch(at.orders, { headers: { "x-a": "Größe" } }),
  },
  { name: "an empty header", call: (fetch, at) => fetch(at.orders, { headers: { "x-a": "" } }) },
  {
    name: "many headers",
    call(fetch, at) {
      const names = Array.from(
        { length: 60 },
        (_, index) => [`x-${index}`, "value".repeat(20)] as [string, string],
      );
      return fetch(at.orders, { headers: names });
    },
  },
  {
    name: "headers that the platform sets itself",
    call: (fetch, at) =>
      fetch(at.orders, {
        headers: {
          "user-agent": "mine",
          "accept-encoding": "identity",
          "accept-language": "de",
          accept: "a/b",
        },
      }),
  },
  {
    name: "a Host header of the caller's",
    call: (fetch, at) => fetch(at.orders, { headers: { host: "other.example" } }),
  },
];

class PutInit {
  readonly headers = { "x-a": "1" };

  get method(): string {
    return "PUT";
  }
}
