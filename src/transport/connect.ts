import type { Socket } from "node:net";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import type { Attempt } from "./attempt.ts";

/** Connect: begins a connection to an attempt's endpoint, with what the caller wants of it, but for where it goes. */
export function connect({ endpoint, serverName, origin }: Attempt, options: object): Socket {
  const wanted = {
    noDelay: true,
    ...options,
    host: endpoint.address,
    port: endpoint.port,
    // The request's, which a connection would take for a socket's.
    path: undefined,
  };
  if (!origin.startsWith("https:")) return process.getBuiltinModule("node:net").connect(wanted);
  return process.getBuiltinModule("node:tls").connect({ ...wanted, servername: serverName });
}

/**
 * Waits until a request may be sent: for TLS that is when the certificate has been checked.
 * @returns ends the wait, and the connection with it
 */
export function whenConnected(
  socket: Socket,
  clock: Clock,
  done: (error: Error | undefined) => void,
): () => void {
  const event = "encrypted" in socket ? "secureConnect" : "connect";
  const limit = defaults.connectTimeout;
  const cancel = clock.after(limit, () => end(new Error(`no connection within ${limit} ms`)));
  const stop = () => {
    cancel();
    socket.off(event, end).off("error", end).off("close", closed);
  };
  const end = (error?: Error) => {
    stop();
    if (error) dismiss(socket);
    done(error);
  };
  const closed = () => end(new Error("the connection was closed before it was used"));
  socket.once(event, end).once("error", end).once("close", closed);
  return () => {
    stop();
    dismiss(socket);
  };
}

function dismiss(socket: Socket): void {
  socket.on("error", () => {}).destroy();
}
