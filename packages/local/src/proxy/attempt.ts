import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Upstream } from "./balancer.ts";
import type { ReplayBody } from "./replay-body.ts";

/** One attempt at one upstream, up to the head of its response. */
export type Outcome =
  | { readonly kind: "response"; readonly response: IncomingMessage }
  /** No connection came about, so nothing was sent. */
  | { readonly kind: "connectFailure" }
  | { readonly kind: "reset"; readonly wasReused: boolean };

export interface AttemptOptions {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  /** False for a connection of its own. */
  readonly agent: Agent | false;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/** Begins an attempt. Destroying `request` ends it; its outcome is a reset then. */
export function attempt(
  upstream: Upstream,
  body: ReplayBody,
  options: AttemptOptions,
): { readonly request: ClientRequest; readonly outcome: Promise<Outcome> } {
  const { connectTimeout, ...rest } = options;
  const request = httpRequest({ host: upstream.address, port: upstream.port, setHost: false, ...rest });
  let isConnected = false;
  const impatience = setTimeout(() => request.destroy(new Error("connect timeout")), connectTimeout).unref();
  const connected = () => {
    isConnected = true;
    clearTimeout(impatience);
  };
  request.on("socket", (socket) => {
    if (socket.connecting) socket.once("connect", connected);
    else connected();
  });
  const outcome = new Promise<Outcome>((resolve) => {
    request.once("response", (response) => resolve({ kind: "response", response }));
    request.on("error", () => {
      resolve(isConnected ? { kind: "reset", wasReused: request.reusedSocket } : { kind: "connectFailure" });
    });
    request.once("close", () => {
      clearTimeout(impatience);
      resolve({ kind: "reset", wasReused: request.reusedSocket });
    });
  });
  body.sendTo(request);
  return { request, outcome };
}
