import type { Case, Fetch } from "../case.ts";

const refused = { isTypeError: true };

/** What fetch refuses, or answers without a server. */
export const refusals: readonly Case[] = [
  ...[
    undefined,
    null,
    42,
    {},
    "",
    "nonsense",
    "/relative",
    "//orders/x",
    "http://",
    "http://[",
    "http://a b/",
  ].map(
    (input): Case => ({
      name: `the input ${JSON.stringify(input)}`,
      call: (fetch) => fetch(input as string),
      shows: refused,
    }),
  ),
  { name: "no input", call: (fetch) => (fetch as () => unknown)(), shows: refused },
  { name: "a symbol", call: (fetch) => fetch(Symbol("url") as unknown as string), shows: refused },
  {
    name: "an object that cannot be read",
    call: (fetch) => fetch(Object.create(null)),
    shows: refused,
  },
  {
    name: "an object that throws when it is read",
    call: (fetch) =>
      fetch({
        toString() {
          throw new RangeError("unreadable");
        },
      } as unknown as string),
    shows: { error: "RangeError", message: "unreadable" },
  },
  ...[undefined, Symbol("url"), Object.create(null)].map(
    (input, at): Case => ({
      name: `rejects and does not throw, ${at + 1}`,
      call: (fetch) => throwing(() => fetch(input as unknown as string)),
      shows: "rejected",
    }),
  ),
  ...["ftp://orders/", "file:///etc/hosts", "ws://orders/", "mailto:a@b", "about:blank", "unknown:x"].map(
    (url): Case => ({ name: url, call: (fetch) => fetch(url), shows: {} }),
  ),
  {
    name: "data:",
    call: (fetch) => fetch("data:text/plain;charset=utf-8,h%C3%A4llo"),
    shows: { status: 200 },
  },
  { name: "data: in base64", call: (fetch) => fetch("data:;base64,aGk="), shows: { body: "hi" } },
  { name: "data: that is broken", call: (fetch) => fetch("data:nothing"), shows: refused },
  {
    name: "blob:",
    async call(fetch) {
      const url = URL.createObjectURL(new Blob(["a blob"], { type: "text/x-blob" }));
      const { status, headers, ...response } = await fetch(url).then(async (response) => ({
        status: response.status,
        headers: [...response.headers],
        body: await response.text(),
      }));
      URL.revokeObjectURL(url);
      return { status, headers, ...response };
    },
    shows: { status: 200, body: "a blob" },
  },
  { name: "blob: of nothing", call: (fetch) => fetch("blob:nodedata:nothing"), shows: refused },
  ...[1, 22, 6000, 10080].map(
    (port): Case => ({
      name: `port ${port}, which no browser asks`,
      call: (fetch, at) => fetch(`${at.orders.replace(/:\d+$/, "")}:${port}/`),
      shows: { isTypeError: true, cause: { message: "bad port" } },
    }),
  ),
  {
    name: "a port that is none",
    call: (fetch) => fetch("http://orders:99999/"),
    shows: refused,
  },
  {
    name: "credentials in the URL",
    call: (fetch, at) => fetch(at.orders.replace("//", "//user:secret@")),
    shows: refused,
  },
  ...["CONNECT", "TRACE", "TRACK", "trace", "", "A B", "GÄT", "GET\r\nX: y"].map(
    (method): Case => ({
      name: `the method ${JSON.stringify(method)}`,
      call: (fetch, at) => fetch(at.orders, { method }),
      shows: refused,
    }),
  ),
  ...[
    ["x y", "1"],
    ["", "1"],
    ["x-a", "1\r\nx-b: 2"],
    ["x-a", "\0"],
    ["x-a", "€"],
    ["ä", "1"],
  ].map(
    ([name, value]): Case => ({
      name: `the header ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
      call: (fetch, at) => fetch(at.orders, { headers: { [name!]: value! } }),
      shows: refused,
    }),
  ),
  ...[
    ["connection", "close"],
    ["connection", "upgrade"],
    ["keep-alive", "timeout=1"],
    ["transfer-encoding", "chunked"],
    ["upgrade", "websocket"],
    ["expect", "100-continue"],
    ["content-length", "5"],
    ["content-length", "many"],
    ["te", "trailers"],
    ["trailer", "x-a"],
    ["date", "today"],
    ["proxy-authorization", "Basic x"],
    ["sec-fetch-mode", "navigate"],
    ["origin", "http://elsewhere"],
    ["via", "1.1 me"],
  ].map(
    ([name, value]): Case => ({
      name: `the header ${name}: ${value}, which is a browser's own`,
      call: (fetch, at) => fetch(at.orders, { headers: { [name!]: value! } }),
      shows: {},
    }),
  ),
  {
    name: "header pairs of three",
    call: (fetch, at) => fetch(at.orders, { headers: [["a", "b", "c"]] as unknown as [string, string][] }),
    shows: refused,
  },
  {
    name: "headers that are none",
    call: (fetch, at) => fetch(at.orders, { headers: 1 as never }),
    shows: refused,
  },
  ...["init", "", 0, false].map(
    (init): Case => ({
      name: `init that is none: ${JSON.stringify(init)}`,
      call: (fetch, at) => fetch(at.orders, init as never),
      shows: refused,
    }),
  ),
];

async function throwing(call: () => ReturnType<Fetch>): Promise<string> {
  let called: ReturnType<Fetch>;
  try {
    called = call();
  } catch {
    return "thrown";
  }
  return called.then(
    () => "resolved",
    () => "rejected",
  );
}
