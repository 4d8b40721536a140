import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { bytes } from "./account.ts";
import type { Places, Serve } from "./case.ts";

/** Server: a real one, which writes down what comes to it. */
export interface Server {
  readonly port: number;
  /** Cuts what is open. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly name: string;
  readonly address: string;
  readonly serve: Serve;
  readonly places: () => Places;
  /** Gets what comes, in order. */
  readonly seen: Promise<unknown>[];
}

export async function startServer({ name, address, serve, places, seen }: ServerOptions): Promise<Server> {
  const gone = Promise.withResolvers<undefined>();
  const server = createServer((request, response) => {
    const body = bodyOf(request);
    seen.push(sight(name, request, Promise.race([body, gone.promise])));
    response.sendDate = false;
    return serve(request, response, { ...places(), body });
  });
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
    gone.resolve(undefined);
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** How a server answers that a case says nothing of. */
export const usual: Serve = async (_request, response, { body }) => {
  await body;
  response.end("served");
};

async function sight(by: string, request: IncomingMessage, body: Promise<Buffer | undefined>) {
  const { method, url, rawHeaders, trailers } = request;
  const headers: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    // Node 26 tells only hosts that are trusted by their address, as loopback is and a name is not.
    if (!name.startsWith("sec-fetch-")) headers.push([name, rawHeaders[at + 1]!]);
  }
  const whole = await body;
  return { by, method, url, headers, trailers, body: whole ? bytes(whole) : "cut" };
}

/** Never done where it is cut. */
function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  request.on("error", () => {}).on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve) => request.on("end", () => resolve(Buffer.concat(chunks))));
}
