import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { grpcEndpoint } from "./grpc-orders.ts";

/**
 * Endpoints: servers in a process of their own, each on an address of its own, all on one port, as A records want
 * it. What takes time in them is a timer, so that they cost little beside what is measured.
 */
export interface Endpoints extends AsyncDisposable {
  /** @param port 0 for a free one. @returns the port. */
  open(address: string, port: number): Promise<number>;
  /** Milliseconds that it takes for an answer from now on. */
  slow(address: string, ms: number): Promise<void>;
  /** Ends as a task does on SIGTERM: takes nothing new, answers what is under way. */
  stop(address: string): Promise<void>;
  /** Ends as a task does on SIGKILL: its connections break, and new ones are refused. */
  kill(address: string): Promise<void>;
  /** How many requests each one has got so far. */
  counts(): Promise<Readonly<Record<string, number>>>;
}

export type Protocol = "http" | "grpc";

/** One of them, in its own process. */
export interface Endpoint {
  readonly port: number;
  stop(): void;
  kill(): void;
}

/** What an endpoint does with a request: answer after a while. */
export type Serve = (answer: () => void) => void;

/** Milliseconds for an answer, unless it is told otherwise. */
const usual = 10;

type Order =
  | { readonly verb: "open"; readonly address: string; readonly port: number }
  | { readonly verb: "slow"; readonly address: string; readonly ms: number }
  | { readonly verb: "stop" | "kill"; readonly address: string }
  | { readonly verb: "counts" };

export function startEndpoints(protocol: Protocol): Endpoints {
  const child = fork(new URL(import.meta.url), ["--endpoints", protocol]);
  let last: Promise<unknown> = Promise.resolve();
  // One after the other, so that the next message is the answer.
  const order = <T>(wanted: Order): Promise<T> => {
    const done = last.then(() => ask<T>(child, wanted));
    last = done.catch(() => {});
    return done;
  };
  return {
    open: (address, port) => order({ verb: "open", address, port }),
    slow: (address, ms) => order({ verb: "slow", address, ms }),
    stop: (address) => order({ verb: "stop", address }),
    kill: (address) => order({ verb: "kill", address }),
    counts: () => order({ verb: "counts" }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

async function ask<T>(child: ChildProcess, wanted: Order): Promise<T> {
  const answered = once(child, "message", { signal: AbortSignal.timeout(5_000) });
  child.send(wanted);
  const [answer] = (await answered) as [{ result?: T; error?: string }];
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.result as T;
}

class Hosts {
  readonly #protocol: Protocol;
  readonly #open = new Map<string, Endpoint>();
  readonly #delays = new Map<string, number>();
  readonly #counts: Record<string, number> = {};

  constructor(protocol: Protocol) {
    this.#protocol = protocol;
  }

  async obey(order: Order): Promise<unknown> {
    if (order.verb === "counts") return this.#counts;
    const { verb, address } = order;
    if (verb === "open") return this.#start(address, order.port);
    if (verb === "slow") return void this.#delays.set(address, order.ms);
    this.#open.get(address)![verb]();
    this.#open.delete(address);
  }

  async #start(address: string, port: number): Promise<number> {
    this.#counts[address] = 0;
    const serve: Serve = (answer) => {
      this.#counts[address]! += 1;
      setTimeout(answer, this.#delays.get(address) ?? usual);
    };
    const start = this.#protocol === "grpc" ? grpcEndpoint : httpEndpoint;
    const endpoint = await start(address, port, serve);
    this.#open.set(address, endpoint);
    return endpoint.port;
  }
}

async function httpEndpoint(address: string, port: number, serve: Serve): Promise<Endpoint> {
  const body = JSON.stringify({ id: 42, state: "paid", items: ["a lamp", "a chair"] });
  const head = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const answer = (response: ServerResponse) => {
    const last = server.listening ? {} : { connection: "close" };
    response.writeHead(200, { ...head, ...last }).end(body);
  };
  const server = createServer((_, response) => serve(() => answer(response))).listen(port, address);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => server.close(),
    kill() {
      server.close();
      server.closeAllConnections();
    },
  };
}

if (process.argv[2] === "--endpoints") {
  const hosts = new Hosts(process.argv[3] as Protocol);
  process.on("message", (order: Order) => {
    hosts.obey(order).then(
      (result) => process.send!({ result }),
      (error) => process.send!({ error: String(error) }),
    );
  });
  process.once("disconnect", () => process.exit(0));
}
