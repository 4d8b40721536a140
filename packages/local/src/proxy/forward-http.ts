import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import type { Active } from "../faults.ts";
import { after } from "../part.ts";
import type { View } from "../registry/model.ts";
import { attempt, type Outcome } from "./attempt.ts";
import type { Upstream } from "./balancer.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import { type LocalReply, sendLocalReply } from "./local-reply.ts";
import { ReplayBody } from "./replay-body.ts";
import {
  type Gateway,
  mostTries,
  nextUpstream,
  type ProxyRequest,
  type Route,
  seenService,
} from "./route.ts";

/** Bodies up to this size are kept for a retry, in bytes. Larger ones are sent once. */
const replayLimit = 65_536;

/** Forwards one HTTP request: up to three tries, on another task where there is one, within one time limit. */
export async function forwardHttp(
  gateway: Gateway,
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { alias, key: service } = route;
  const entry: ProxyRequest = { alias, service, method: request.method!, path: request.url!, tried: [] };
  gateway.log.add(entry);
  response.once("finish", () => {
    entry.status = response.statusCode;
  });
  if (request.httpVersion === "1.0") return sendLocalReply(response, "http10");
  const active = gateway.faults.meet({ isFor: (word) => word === route.key });
  if (active?.fault.drop) return;
  const exchange = new Exchange(gateway, route, request, response, entry, active);
  await exchange.run();
}

class Exchange {
  readonly #gateway: Gateway;
  readonly #route: Route;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #entry: ProxyRequest;
  readonly #active: Active<View> | undefined;
  readonly #body: ReplayBody;
  readonly #startedAt = performance.now();
  #upstream: ClientRequest | undefined;
  #isOver = false;

  constructor(
    gateway: Gateway,
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    entry: ProxyRequest,
    active: Active<View> | undefined,
  ) {
    this.#gateway = gateway;
    this.#route = route;
    this.#request = request;
    this.#response = response;
    this.#entry = entry;
    this.#active = active;
    this.#body = new ReplayBody(request, replayLimit);
  }

  async run(): Promise<void> {
    const { perRequestTimeout } = this.#route;
    const limit =
      perRequestTimeout > 0 ? setTimeout(() => this.#timeOut(), perRequestTimeout).unref() : undefined;
    this.#response.once("close", () => {
      clearTimeout(limit);
      this.#isOver = true;
      this.#upstream?.destroy();
    });
    if (this.#active?.fault.delay) await after(this.#active.fault.delay);
    const forced = forcedReply(this.#active);
    if (forced !== undefined) return this.#reply(forced);
    if (typeof this.#active?.fault.error === "number") return this.#answerAsService(this.#active.fault.error);
    await this.#tryAll();
  }

  async #tryAll(): Promise<void> {
    const service = seenService(this.#gateway, this.#route, this.#active);
    const tried = new Set<string>();
    for (let tries = 1; !this.#isOver; tries += 1) {
      const upstream = nextUpstream(this.#route, service, tried, this.#active);
      if (!upstream) return this.#reply("noHealthyUpstream");
      tried.add(upstream.host);
      const outcome = await this.#try(upstream);
      if (this.#isOver) return;
      const isLast = tries >= mostTries || !this.#body.canReplay;
      if (!isLast && mayRetry(outcome)) {
        if (outcome.kind === "response") this.#discard(outcome.response);
        continue;
      }
      if (outcome.kind === "response") return this.#pass(outcome.response);
      return this.#reply(outcome.kind, tries > 1);
    }
  }

  /** The connection can be kept only where the task has had the whole request. */
  #discard(response: IncomingMessage): void {
    if (this.#body.isComplete) response.resume();
    else this.#upstream?.destroy();
  }

  async #try(upstream: Upstream): Promise<Outcome> {
    let outcome = await this.#tryOnce(upstream, true);
    // A kept connection that the service was just closing says nothing about the service.
    const isStale = outcome.kind === "reset" && outcome.wasReused && this.#body.canReplay && !this.#isOver;
    if (isStale) outcome = await this.#tryOnce(upstream, false);
    if (outcome.kind !== "response" && !this.#isOver) this.#route.balancer.failed(upstream);
    return outcome;
  }

  async #tryOnce(upstream: Upstream, keepAlive: boolean): Promise<Outcome> {
    this.#entry.tried.push(upstream.host);
    const { agent, connectTimeout } = this.#gateway;
    const { request, outcome } = attempt(upstream, this.#body, {
      method: this.#request.method!,
      path: this.#request.url!,
      headers: requestHeaders(this.#request, this.#left()),
      agent: keepAlive && agent,
      connectTimeout,
    });
    this.#upstream = request;
    const result = await outcome;
    const isSentOnce = result.kind === "response" && result.response.statusCode !== 503;
    if (!isSentOnce) this.#body.detach();
    return result;
  }

  /** What is left of the time limit, at least 1 ms; 0 where there is none. */
  #left(): number {
    const { perRequestTimeout } = this.#route;
    const isFirst = this.#entry.tried.length === 1;
    if (perRequestTimeout === 0 || isFirst) return perRequestTimeout;
    return Math.max(1, perRequestTimeout - this.#elapsed());
  }

  #elapsed(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  #pass(from: IncomingMessage): void {
    const { statusCode = 502, statusMessage = "" } = from;
    this.#response.writeHead(statusCode, statusMessage, responseHeaders(from, this.#elapsed()));
    // The head goes out now: a stream of events may leave its first byte for later.
    this.#response.flushHeaders();
    if (this.#active?.fault.half) return this.#passHalf(from);
    pipeline(from, this.#response, () => {});
  }

  #passHalf(from: IncomingMessage): void {
    const cut = (chunk?: Buffer) => {
      const half = chunk?.subarray(0, Math.floor(chunk.length / 2));
      this.#response.write(half ?? "", () => this.#response.destroy());
    };
    from.once("data", cut);
    from.once("end", () => cut());
  }

  #reply(reply: LocalReply, isRetried = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#request.resume();
    sendLocalReply(this.#response, reply, isRetried);
  }

  #answerAsService(status: number): void {
    if (this.#isOver) return;
    this.#request.resume();
    this.#response.writeHead(status, {
      "content-length": 0,
      server: "envoy",
      "x-envoy-upstream-service-time": 0,
    });
    this.#response.end();
  }

  #timeOut(): void {
    this.#upstream?.destroy();
    if (this.#response.headersSent) this.#response.destroy();
    else this.#reply("timeout");
  }
}

/** Retried are failed connects and 503: what customers of Service Connect report. */
function mayRetry(outcome: Outcome): boolean {
  return (
    outcome.kind === "connectFailure" || (outcome.kind === "response" && outcome.response.statusCode === 503)
  );
}

function forcedReply(active: Active<View> | undefined): LocalReply | undefined {
  if (active?.fault.throttle) return "overloaded";
  return typeof active?.fault.error === "string" ? (active.fault.error as LocalReply) : undefined;
}
