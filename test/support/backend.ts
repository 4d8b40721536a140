import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";

/** Backend: a server on a free port of 127.0.0.1 that stands for one task of a service. */
export interface Backend extends AsyncDisposable {
  readonly port: number;
  /** The requests it has had, bodies read or not. */
  readonly requests: readonly IncomingMessage[];
  /** Cuts what is open and frees the port. */
  close(): Promise<void>;
}

/** @param handle answers with the text, or as it likes. */
export async function startBackend(handle: string | RequestListener = "ok"): Promise<Backend> {
  const requests: IncomingMessage[] = [];
  const answer: RequestListener =
    typeof handle === "string" ? (_request, response) => response.end(handle) : handle;
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  // A connection that ends is then one that the other side has ended.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  const { port } = server.address() as AddressInfo;
  return { port, requests, close, [Symbol.asyncDispose]: close };
}

/** A backend that speaks bytes. */
export async function startTcpBackend(handle: (socket: Socket) => void): Promise<Backend> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const { port } = server.address() as AddressInfo;
  return { port, requests: [], close, [Symbol.asyncDispose]: close };
}

/** A port of 127.0.0.1 at which nothing listens: it was free a moment ago. */
export async function freePort(): Promise<number> {
  const backend = await startBackend();
  await backend.close();
  return backend.port;
}

/** The whole of a body, as text. */
export async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
