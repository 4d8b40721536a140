import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { Restartable } from "./restartable.ts";

/**
 * A listener on one loopback address that can be closed and opened again in the same place.
 * Closing cuts what is open, as a process that dies does.
 */
export interface Listener {
  readonly host: string;
  /** The port it listens on; known after the first `open`. */
  readonly port: number;
  /** Whether it is open, or about to be. */
  readonly isOpen: boolean;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** An HTTP listener. `port` 0 takes a free one at the first opening and keeps it. */
export function httpListener(host: string, port: number, handle: RequestListener): Listener {
  return restartable(host, port, () => {
    const server = createHttpServer(handle);
    // A held-back answer (a fault) must not be cut short by the server's own limits.
    server.requestTimeout = 0;
    server.keepAliveTimeout = 60_000;
    return server;
  });
}

/** A TCP listener that leaves each side to end on its own. */
export function tcpListener(host: string, port: number, handle: (socket: Socket) => void): Listener {
  return restartable(host, port, () => createTcpServer({ allowHalfOpen: true }, handle));
}

function restartable(host: string, wanted: number, create: () => HttpServer | Server): Listener {
  let port = wanted;
  const place = new Restartable(async () => {
    const server = create();
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
    await listening(server, host, port);
    port = (server.address() as AddressInfo).port;
    return { close: () => cut(server, sockets) };
  });
  return {
    host,
    get port() {
      return port;
    },
    get isOpen() {
      return place.isOpen;
    },
    async open() {
      await place.open();
    },
    close: () => place.close(),
  };
}

async function cut(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  for (const socket of sockets) socket.destroy();
  await closed;
}

/** Resolves when the server listens; rejects with the system's error, such as EADDRINUSE. */
export function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
