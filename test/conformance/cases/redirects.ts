import type { Case, Places, Serve } from "../case.ts";

const statuses = [301, 302, 303, 307, 308];
const methods = ["GET", "HEAD", "POST", "PUT"];
const secret = { authorization: "Bearer x", cookie: "a=1", "proxy-authorization": "Basic y", "x-kept": "1" };

/** Redirects: within a service, to another one, away from all. */
export const redirects: readonly Case[] = [
  ...statuses.flatMap((status) =>
    methods.map(
      (method): Case => ({
        name: `${status} after ${method}`,
        call: (fetch, at) =>
          fetch(
            `${at.orders}/a/first`,
            method === "GET" || method === "HEAD" ? { method } : { method, body: "text" },
          ),
        serve: to("next?page=2", status),
      }),
    ),
  ),
  ...statuses.map(
    (status): Case => ({
      name: `${status} after a stream`,
      call: (fetch, at) =>
        fetch(`${at.orders}/first`, {
          method: "POST",
          body: new Blob(["in a stream"]).stream(),
          duplex: "half",
        } as RequestInit),
      serve: to("/next", status),
      // What was read cannot be sent again.
      shows: status === 303 ? { redirected: true } : { isTypeError: true },
    }),
  ),
  ...["/next", "//next", "?page=2", "#part", "./../next", "", "/n%20ext", "/nä xt", "http:next"].map(
    (location): Case => ({
      name: `to ${JSON.stringify(location)}`,
      call: (fetch, at) => fetch(`${at.orders}/a/first?page=1`),
      serve: to(location),
      shows: {},
    }),
  ),
  ...["http://", "http://[", "ftp://orders/", "data:text/plain,no", "javascript:1", "mailto:a@b"].map(
    (location): Case => ({
      name: `to ${location}, which is refused`,
      call: (fetch, at) => fetch(`${at.orders}/first`),
      serve: to(location),
      shows: { isTypeError: true },
    }),
  ),
  {
    name: "without a location",
    call: (fetch, at) => fetch(`${at.orders}/first`),
    serve: (_request, response) => response.writeHead(302).end("no location"),
    shows: { status: 302, redirected: false, body: "no location" },
  },
  {
    name: "keeps the fragment of the first URL",
    call: (fetch, at) => fetch(`${at.orders}/first#part`),
    serve: to("/next"),
    shows: { redirected: true },
  },
  following("to the service itself by name", (at) => `${at.orders}/next`),
  following("to another service", (at) => `${at.users}/next`),
  following("to a host that is no service's", (at) => `${at.outside}/next`),
  {
    name: "to another service with a body",
    call: (fetch, at) => fetch(`${at.orders}/first`, { method: "POST", headers: secret, body: "text" }),
    serve: (...all) => to(`${all[2].users}/next`, 307)(...all),
    shows: { redirected: true },
  },
  {
    name: "to another service of a POST that becomes a GET",
    call: (fetch, at) =>
      fetch(`${at.orders}/first`, {
        method: "POST",
        body: "text",
        headers: { "content-type": "text/x", "content-language": "de" },
      }),
    serve: (...all) => to(`${all[2].users}/next`, 302)(...all),
    shows: { redirected: true },
  },
  {
    name: "away and back again",
    call: (fetch, at) => fetch(`${at.orders}/first`, { headers: secret }),
    serve: (request, response, at) => {
      if (request.url === "/first") response.writeHead(302, { location: `${at.orders}/second` });
      else if (request.url === "/second") response.writeHead(302, { location: `${at.users}/third` });
      response.end();
    },
    shows: { redirected: true },
  },
  {
    name: "with credentials in its location",
    call: (fetch, at) => fetch(`${at.orders}/first`),
    serve: (...all) => to(all[2].orders.replace("//", "//user:secret@"))(...all),
    shows: {},
  },
  {
    name: "with cookies, which are not sent on",
    call: (fetch, at) => fetch(`${at.orders}/first`),
    serve: (request, response, at) => {
      response.setHeader("set-cookie", "a=1");
      return to("/next")(request, response, at);
    },
    shows: { redirected: true },
  },
  {
    name: "twenty times",
    call: (fetch, at) => fetch(`${at.orders}/20`),
    serve: counting,
    shows: { status: 200, redirected: true },
  },
  {
    name: "more than twenty times",
    call: (fetch, at) => fetch(`${at.orders}/21`),
    serve: counting,
    shows: { isTypeError: true },
  },
  {
    name: "for ever",
    call: (fetch, at) => fetch(`${at.orders}/first`),
    serve: to("/first"),
    shows: { isTypeError: true },
  },
  {
    name: "manual",
    call: (fetch, at) => fetch(`${at.orders}/first`, { redirect: "manual" }),
    serve: to("/next"),
    shows: { redirected: false },
  },
  {
    name: "manual, of a Request",
    call: (fetch, at) => fetch(new Request(`${at.orders}/first`, { redirect: "manual" })),
    serve: (...all) => to(`${all[2].users}/next`)(...all),
    shows: { redirected: false },
  },
  {
    name: "error",
    call: (fetch, at) => fetch(`${at.orders}/first`, { redirect: "error" }),
    serve: to("/next"),
    shows: { isTypeError: true },
  },
  {
    name: "with a body of its own",
    call: (fetch, at) => fetch(`${at.orders}/first`),
    serve: (request, response) =>
      request.url === "/first"
        ? response.writeHead(302, { location: "/next" }).end("x".repeat(200_000))
        : response.end("arrived"),
    shows: { body: "arrived" },
  },
  {
    name: "aborted on its second leg",
    async call(fetch, at) {
      const abort = new AbortController();
      at.told("asked again").then(() => abort.abort());
      return fetch(`${at.orders}/first`, { signal: abort.signal });
    },
    serve: (request, response, at) => {
      if (request.url === "/first") response.writeHead(302, { location: "/next" }).end();
      else at.tell("asked again");
    },
    shows: { error: "AbortError" },
  },
];

/** Sends whoever asks for a path that ends in `first` elsewhere. */
function to(location: string, status = 302): Serve {
  return async (request, response, { body }) => {
    await body;
    if (/first(\?|$)/.test(request.url!)) response.writeHead(status, { location });
    response.end(request.method === "HEAD" ? "" : "arrived");
  };
}

function following(name: string, location: (at: Places) => string): Case {
  return {
    name,
    call: (fetch, at) => fetch(`${at.orders}/first`, { headers: secret }),
    serve: (request, response, at) => to(location(at))(request, response, at),
    shows: { status: 200, redirected: true },
  };
}

/** Counts down by redirects. */
function counting(...[request, response]: Parameters<Serve>): void {
  const left = Number(request.url!.slice(1));
  if (left > 0) response.writeHead(302, { location: `/${left - 1}` });
  response.end();
}
