import type { Agent, ClientRequest } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import type { Scheme } from "../ground/service.ts";
import type { IdleSockets } from "./idle-sockets.ts";
import type { Route, Routes } from "./routes.ts";

export interface AgentOptions {
  readonly routes: Routes;
  readonly idle: IdleSockets;
  readonly clock: Clock;
  /** Leads a request to an endpoint of its service. */
  readonly lead: (errand: AgentErrand) => void;
}

/** One request to a service, until it has a connection. */
export interface AgentErrand {
  readonly route: Route;
  readonly request: ClientRequest;
  /** What the caller wants of connections: for the most part of TLS. */
  readonly options: object;
  /** Whether a connection by this name is idle and good for another request, or the agent may have no more of them. */
  hasEnough(name: string): boolean;
  /** One by this name is being made. @returns is called when it is there, or has failed */
  connecting(name: string): () => void;
  /** Gives the request its connection: an idle one by this name, else what `open` returns, or throws. */
  handOver(way: Destination): void;
  /** Lets the request fail; without an error, by what its caller has destroyed it with. */
  refuse(error?: unknown): void;
  /** @param run gets what the request is to fail with, once its caller has destroyed it; undefined where Node knows */
  whenGivenUp(run: (error?: Error) => void): void;
}

/** Where a request goes: connections are kept apart by the name. */
export interface Destination {
  readonly name: string;
  open(): Socket;
}

/**
 * Agent: Node's own `http.Agent` or `https.Agent`, with services for hosts. A request to a service is led to one of its
 * endpoints first, and is then Node's, by an idle connection to that endpoint where there is one; any other goes where
 * Node takes it.
 *
 * Node's types leave these methods out, but `createConnection` and the like are documented, and agents of others have long
 * leaned on `addRequest`.
 */
export function agentFor(scheme: Scheme, { routes, idle, clock, lead }: AgentOptions): Agent {
  const { Agent } = process.getBuiltinModule(scheme === "https" ? "node:https" : "node:http");
  const NodeAgent = Agent as unknown as new (options: object) => Inner;

  class ServiceAgent extends NodeAgent {
    /** How many connections are being made, which Node knows nothing of yet, by the agent's own names. */
    readonly #making = new Map<string, number>();

    override getName(options: InnerOptions = {}): string {
      const name = super.getName(options);
      return options[destination] ? `${name} ${options[destination].name}` : name;
    }

    override addRequest(request: ClientRequest, options: InnerOptions): void {
      const { host, port, socketPath } = options;
      const route = socketPath ? undefined : routes.match(`${scheme}://${host}:${port}`);
      if (!route) {
        this.#hasIdle(this.getName(options));
        return super.addRequest(request, options);
      }
      limitUntilSocket(request, clock);
      // Else Node would take it from the Host header, and keep the connection under that name.
      const named = { ...options, servername: route.query.service.name };
      const own = (name: string) => this.getName({ ...named, [destination]: { name } });
      const hasEnough = (name: string) => this.#hasEnough(own(name));
      const connecting = (name: string) => this.#connects(own(name));
      const handOver = (by: Destination) => super.addRequest(request, { ...named, [destination]: by });
      const refuse = (error?: unknown) => (request as unknown as InnerRequest).onSocket(undefined, error);
      const whenGivenUp = (run: (error?: Error) => void) => whenDestroyed(request, run);
      lead({ route, request, options: named, hasEnough, connecting, handOver, refuse, whenGivenUp });
    }

    override createConnection(options: InnerOptions, done: (error: unknown) => void): Socket | undefined {
      if (!options[destination]?.open) return super.createConnection(options, done);
      try {
        return options[destination].open();
      } catch (error) {
        done(error);
        return undefined;
      }
    }

    override keepSocketAlive(socket: Socket): boolean {
      // Node holds a server's hint against the agent's own time-out, which would be every request's too if it stayed.
      this.options.timeout = defaults.keepAlive;
      const isKept = super.keepSocketAlive(socket) && idle.keep(socket);
      delete this.options.timeout;
      return isKept;
    }

    override reuseSocket(socket: Socket, request: ClientRequest): void {
      super.reuseSocket(socket, request);
      idle.reuse(socket);
    }

    #hasEnough(name: string): boolean {
      const making = this.#making.get(name) ?? 0;
      return this.#hasIdle(name) || (this.sockets[name]?.length ?? 0) + making >= this.maxSockets;
    }

    #connects(name: string): () => void {
      const count = (by: number) => this.#making.set(name, (this.#making.get(name) ?? 0) + by);
      count(1);
      return () => {
        if (count(-1).get(name) === 0) this.#making.delete(name);
      };
    }

    /** Drops those that are not good any more. */
    #hasIdle(name: string): boolean {
      const sockets = this.freeSockets[name];
      return sockets !== undefined && idle.sift(sockets);
    }
  }

  return new ServiceAgent({ keepAlive: true }) as unknown as Agent;
}

/** A request's time-out is its socket's, as Node has it. Until there is one it is kept here, and told in the same way. */
function limitUntilSocket(request: ClientRequest, clock: Clock): void {
  const { setTimeout: own } = request;
  let cancel = () => {};
  const limit = (ms = 0) => {
    cancel();
    if (ms <= 0) return;
    const { AsyncResource } = process.getBuiltinModule("node:async_hooks");
    cancel = clock.after(
      Math.min(ms, timerMost),
      AsyncResource.bind(() => request.emit("timeout")),
    );
  };
  const stop = () => {
    cancel();
    delete (request as Partial<ClientRequest>).setTimeout;
  };
  limit((request as { readonly timeout?: number }).timeout);
  request.setTimeout = (ms, run) => {
    limit(ms);
    return own.call(request, ms, run);
  };
  request.once("socket", stop).once("close", stop);
}

/**
 * Node tells nobody of a request that is destroyed before it has a socket. By the next tick its own agents would have
 * given it one, and from then on it fails in another way: after `abort`, which says no error, too.
 */
function whenDestroyed(request: ClientRequest, run: (error?: Error) => void): void {
  process.nextTick(() => {
    if (request.destroyed) return run();
    const { destroy } = request;
    request.destroy = (error) => {
      destroy.call(request, error);
      run(error ?? Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }));
      return request;
    };
  });
}

/** Node's timers go no further. In milliseconds. */
const timerMost = 2 ** 31 - 1;

/** Where a request's options, which Node hands on as they are, tell of its destination. */
const destination = Symbol("byname.destination");

interface InnerOptions {
  readonly host?: string;
  readonly port?: number | string;
  readonly socketPath?: string;
  readonly [destination]?: Pick<Destination, "name"> & Partial<Destination>;
}

/** An agent as Node sees it. */
interface Inner {
  readonly options: { timeout?: number };
  readonly freeSockets: Record<string, Socket[] | undefined>;
  readonly sockets: Record<string, Socket[] | undefined>;
  readonly maxSockets: number;
  getName(options: InnerOptions): string;
  addRequest(request: ClientRequest, options: InnerOptions): void;
  createConnection(options: InnerOptions, done: (error: unknown) => void): Socket | undefined;
  keepSocketAlive(socket: Socket): boolean;
  reuseSocket(socket: Socket, request: ClientRequest): void;
}

/** A request as agents see it. */
interface InnerRequest {
  onSocket(socket: Socket | undefined, error?: unknown): void;
}
