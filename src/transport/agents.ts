import type { Agent, ClientRequest } from "node:http";
import type { Agent as TlsAgent } from "node:https";
import type { Clock } from "../ground/clock.ts";
import { ClosedError } from "../ground/errors.ts";
import { announceFailure, type BynameEvents, type EventHeaders, events, startOf } from "../ground/events.ts";
import type { Scope } from "../ground/scope.ts";
import type { Scheme } from "../ground/service.ts";
import { type AgentErrand, agentFor } from "./agent.ts";
import { IdleSockets } from "./idle-sockets.ts";
import type { InFlight, Work } from "./in-flight.ts";
import type { Routes } from "./routes.ts";

export interface AgentsOptions {
  readonly routes: Routes;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  /** What the work asks that a request belongs to. */
  readonly scope?: (() => Scope | undefined) | undefined;
  /** Loads what leads requests to endpoints, with the first of them. */
  readonly open: () => Promise<Lead>;
  /** Sees to it that requests are told of, where a program has begun to want that. */
  readonly look: () => void;
}

export type Lead = (errand: AgentErrand, idle: IdleSockets, call: AgentCall) => void;

/** What is known of an agent's request from the moment at which it was made. */
export interface AgentCall {
  readonly work: Work;
  readonly started: Started;
  readonly scope: Scope | undefined;
}

/** How the request's beginning was announced, where somebody listened. */
export type Started = BynameEvents["byname:start"] | undefined;

/** Agents: the two of an instance, one for each scheme, made when first asked for. */
export class Agents {
  readonly #options: AgentsOptions;
  readonly #idle: IdleSockets;
  readonly #made = new Map<Scheme, Agent>();
  #lead: Lead | undefined;
  #isClosed = false;

  constructor(options: AgentsOptions) {
    this.#options = options;
    this.#idle = new IdleSockets(options.clock);
  }

  get http(): Agent {
    return this.#agent("http");
  }

  get https(): TlsAgent {
    return this.#agent("https") as TlsAgent;
  }

  /** No service is called from here on, and no connection is kept. */
  close(): void {
    this.#isClosed = true;
    this.#idle.close();
  }

  /** Cuts what is open, that to other hosts too. */
  destroy(): void {
    this.close();
    for (const agent of this.#made.values()) agent.destroy();
  }

  #agent(scheme: Scheme): Agent {
    let agent = this.#made.get(scheme);
    if (!agent) {
      const lead = (errand: AgentErrand) => this.#take(errand);
      agent = agentFor(scheme, { ...this.#options, idle: this.#idle, lead });
      this.#made.set(scheme, agent);
    }
    return agent;
  }

  /** A request counts as under way from here on, also while what leads it is being loaded. */
  #take(errand: AgentErrand): void {
    const { inFlight, open, scope } = this.#options;
    const { request } = errand;
    const work = inFlight.start();
    request.once("close", () => inFlight.end(work));
    if (request.destroyed) return errand.refuse();
    if (this.#isClosed) return errand.refuse(new ClosedError());
    this.#options.look();
    const headers = headersOf(request);
    const started = tell(errand, headers);
    const call = { work, started, scope: scope?.() };
    for (const [name, value] of Object.entries(call.scope?.headers ?? {})) headers.set(name, value);
    if (this.#lead) return this.#lead(errand, this.#idle, call);
    open()
      .then((lead) => {
        this.#lead = lead;
        lead(errand, this.#idle, call);
      })
      .catch((error) => {
        announceFailure(errand.route.query, error, started);
        errand.refuse(error);
      });
  }
}

function tell({ route, request }: AgentErrand, headers: EventHeaders): Started {
  const channel = events["byname:start"];
  if (!channel.hasSubscribers) return undefined;
  const started = startOf(route.query, request, headers);
  channel.publish(started);
  return started;
}

/** Node writes them down as soon as the caller has ended the request, so what is added cannot wait. */
function headersOf(request: ClientRequest): EventHeaders {
  // Given as a list, they are written down before an agent hears of the request.
  const isWritten = () => request.headersSent || (request as { _header?: unknown })._header != null;
  const has = (name: string) => request.hasHeader(name);
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && !has(name) && !isWritten()) request.setHeader(name, value);
  };
  return { has, set };
}
