import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type CertificateName, certificate } from "./tls/certificates.ts";

/** Loopback: a real server on this machine that remembers who connected and what was asked. */
export interface Loopback extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly server: NetServer;
  /** The requests that came, in order. */
  readonly seen: readonly Seen[];
  /** TLS server names that were asked for, one for each connection. */
  readonly serverNames: readonly (string | false)[];
  /** How many connections there have been. */
  readonly accepted: number;
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** Done when no connection is open. */
  deserted(): Promise<void>;
  /** Done when there have been this many requests. */
  asked(times: number): Promise<void>;
  /** Cuts what is open. */
  close(): Promise<void>;
}

export interface Seen {
  readonly method: string;
  /** The request's target as it was on the wire. */
  readonly target: string;
  /** The Host header, or `:authority` over HTTP/2. */
  readonly host: string;
  readonly version: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type Handle = (request: IncomingMessage, response: ServerResponse) => unknown;

interface LoopbackOptions {
  readonly address?: string;
  readonly port?: number;
  /** Speaks TLS and shows this certificate. */
  readonly certificate?: CertificateName;
  /** Offers HTTP/2 besides HTTP/1.1. */
  readonly http2?: boolean;
}

export async function loopback(handle: Handle, options: LoopbackOptions = {}): Promise<Loopback> {
  const seen: Seen[] = [];
  const open = new Set<Socket>();
  const serverNames: (string | false)[] = [];
  const changed = new EventTarget();
  const tell = () => changed.dispatchEvent(new Event("change"));
  let accepted = 0;
  const server = serverFor(options, (request, response) => {
    seen.push(see(request));
    tell();
    return handle(request, response);
  });
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(socket);
      tell();
    });
  });
  server.on("secureConnection", (socket: TLSSocket & { servername: string | false }) => {
    serverNames.push(socket.servername);
    socket.on("error", () => {});
  });
  const { address = "127.0.0.1" } = options;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, address, resolve);
  });
  const until = async (holds: () => boolean) => {
    while (!holds())
      await new Promise((resolve) => changed.addEventListener("change", resolve, { once: true }));
  };
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return {
    address,
    port: (server.address() as AddressInfo).port,
    server,
    seen,
    serverNames,
    open,
    get accepted() {
      return accepted;
    },
    deserted: () => until(() => open.size === 0),
    asked: (times) => until(() => seen.length >= times),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A port of this address that nobody listens at. */
export async function deafPort(address = "127.0.0.1"): Promise<number> {
  const server = await loopback(() => {}, { address });
  await server.close();
  return server.port;
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function serverFor(options: LoopbackOptions, handle: Handle): Server {
  if (!options.certificate) return createServer(handle);
  const shown = certificate(options.certificate);
  if (!options.http2) return createTlsServer(shown, handle) as unknown as Server;
  const both = handle as unknown as (request: Http2ServerRequest, response: Http2ServerResponse) => void;
  return createSecureServer({ ...shown, allowHTTP1: true }, both) as unknown as Server;
}

function see(request: IncomingMessage): Seen {
  const { method = "", url: target = "", headers, httpVersion: version } = request;
  return { method, target, version, headers, host: String(headers.host ?? headers[":authority"]) };
}
