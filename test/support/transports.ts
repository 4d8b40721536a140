import { type Byname, createByname } from "../../src/byname.ts";
import type { FoundEndpoint } from "../../src/ground/endpoint.ts";
import type { ServiceOptions } from "../../src/ground/options.ts";
import { endpoints, FakeSource } from "./fake-source.ts";

/** Transports: the ways to call a service, made to look the same, so that one table of cases runs over all. */
export interface Transport {
  readonly name: string;
  /** Whether it knows services by an installation, which closing the instance takes back. */
  readonly isInstalled?: true;
  /** How to call by this instance. */
  of(byname: Byname): Promise<Call>;
  /** What a call failed with, out of the wrapping that a fetch puts around it. */
  failure(call: Promise<unknown>): Promise<unknown>;
}

export type Call = (url: string | URL, init?: Init) => Promise<Reply>;

export interface Init {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  header(name: string): string | null;
  readonly cookies: readonly string[];
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
  /** What a fetch says of its response's URL. */
  readonly url?: string;
}

export const byFetch: Transport = {
  name: "fetch",
  of: async (byname) => (url, init) => fetched(byname.fetch(url, forFetch(init))),
  failure: causeOfFetch,
};

/** The process's plain fetch. */
export const byInstall: Transport = {
  name: "install",
  isInstalled: true,
  async of(byname) {
    await byname.install();
    return (url, init) => fetched(fetch(url, forFetch(init)));
  },
  failure: causeOfFetch,
};

/**
 * The fetch of the undici package, which brings handlers of the same generation as the one of Node 26. Loading the
 * package may change what Node's own fetch uses, so it is the last of the table.
 */
export const byUndici: Transport = {
  name: "undici's fetch and install",
  isInstalled: true,
  async of(byname) {
    const undici = await import("undici");
    await byname.install();
    return (url, init) => fetched(undici.fetch(url, forFetch(init) as never) as unknown as Promise<Response>);
  },
  failure: causeOfFetch,
};

export const byRequest: Transport = {
  name: "request",
  of: async (byname) => async (url, init) => {
    const response = await byname.request(url, init as Parameters<Byname["request"]>[1]);
    const { statusCode: status, headers, body } = response;
    const cookies = [headers["set-cookie"] ?? []].flat();
    const header = (name: string) => (headers[name] === undefined ? null : String(headers[name]));
    return { status, header, cookies, body, text: () => body.text() };
  },
  failure: rejection,
};

export const transports: readonly Transport[] = [byFetch, byRequest, byInstall, byUndici];

/** An instance whose services are wherever `source` says, loopback included. */
export function bynameWith(
  source: FakeSource,
  services: Readonly<Record<string, ServiceOptions>> = { orders: {} },
): Byname {
  return createByname({ services, sources: [source], allow: ["127.0.0.0/8", "::1/128"] }, { env: {} });
}

/** An instance whose services are all at these endpoints. */
export function bynameAt(...found: FoundEndpoint[]): Byname {
  return bynameWith(sourceAt(...found), { orders: {}, users: {} });
}

export function sourceAt(...found: FoundEndpoint[]): FakeSource {
  const source = new FakeSource("fake");
  source.always = endpoints(60_000, ...found.map(({ address, port }) => ({ address, port: port! })));
  return source;
}

/** What a promise that has to fail failed with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const value = await promise.then(
    () => undefined,
    (error) => ({ error }),
  );
  if (!value) throw new Error("it was expected to fail");
  return value.error;
}

async function causeOfFetch(call: Promise<unknown>): Promise<unknown> {
  const error = await rejection(call);
  return error instanceof TypeError && error.message === "fetch failed" ? error.cause : error;
}

function forFetch(init: Init = {}): RequestInit {
  return { ...init, ...(init.body ? { duplex: "half" } : {}) } as RequestInit;
}

async function fetched(call: Promise<Response>): Promise<Reply> {
  const response = await call;
  const { status, headers, url } = response;
  return {
    status,
    url,
    header: (name) => headers.get(name),
    cookies: headers.getSetCookie(),
    body: response.body ?? (nothing() as AsyncIterable<Uint8Array>),
    text: () => response.text(),
  };
}

async function* nothing(): AsyncGenerator<never> {}
