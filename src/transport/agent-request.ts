import { AsyncLocalStorage } from "node:async_hooks";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { DeadlineError, RequestError } from "../ground/errors.ts";
import { announceFailure, announceForgone, events } from "../ground/events.ts";
import { type RequestPolicy, within } from "../ground/request-policy.ts";
import type { AgentErrand } from "./agent.ts";
import type { AgentCall } from "./agents.ts";
import type { Attempt } from "./attempt.ts";
import { Attempts } from "./attempts.ts";
import { connect, whenConnected } from "./connect.ts";
import { Course, type CourseRequest } from "./course.ts";
import type { IdleSockets } from "./idle-sockets.ts";
import { Outgoing } from "./outgoing.ts";
import { isOfEndpoint, isTrouble } from "./retries.ts";
import type { Steering } from "./steer.ts";
import type { Traffic } from "./traffic.ts";

/**
 * AgentRequest: one request by an agent. Until it has a connection it may go to any endpoint, since nothing was sent; from
 * then on it is Node's, and what becomes of it is only noted.
 */
export class AgentRequest implements CourseRequest {
  readonly outgoing: Outgoing;
  readonly attempts = new Attempts();
  readonly traffic: Traffic;
  readonly policy: RequestPolicy;
  readonly startedAt: number;
  readonly #steering: Steering;
  readonly #errand: AgentErrand;
  readonly #idle: IdleSockets;
  readonly #call: AgentCall;
  readonly #course: Course;
  /** Timers that many requests share make and fail connections, and Node tells of a request where it is handed one. */
  readonly #inContext = AsyncLocalStorage.snapshot();
  /** Ends the connections that are not there yet. */
  readonly #connecting = new Map<Attempt, () => void>();
  /** Whether the outer limit leaves it less time than its own policy. */
  readonly #isCutShort: boolean;
  #cancelDeadline: (() => void) | undefined;
  #cancelRemaining: (() => void) | undefined;
  /** The one that has the request. */
  #attempt: Attempt | undefined;
  #hasTimedOut = false;
  #isOver = false;

  constructor(steering: Steering, errand: AgentErrand, idle: IdleSockets, call: AgentCall) {
    const { route, request } = errand;
    this.#steering = steering;
    this.#errand = errand;
    this.#idle = idle;
    this.#call = call;
    this.traffic = steering.traffics.of(route);
    // What needs a request to be sent twice is not for an agent.
    const own = { ...route.query.service.request, attemptTimeout: 0, hedgeAfter: 0 };
    this.policy = within(call.scope?.remaining, own);
    this.#isCutShort = this.policy !== own;
    const { method, path } = request;
    this.outgoing = new Outgoing({ method, path }, route.host);
    this.startedAt = steering.clock.monotonic();
    this.#course = new Course(steering, this);
  }

  run(): void {
    const { clock, inFlight } = this.#steering;
    const { timeout } = this.policy;
    const { work, scope } = this.#call;
    const remaining = scope?.remaining;
    inFlight.onDestroy(work, (reason) => this.#abort(reason as Error));
    if (this.#isOver) return;
    if (remaining !== undefined && remaining <= 0) return this.#fail(this.#lateness(0));
    this.#errand.whenGivenUp((error) => this.#fail(error));
    if (timeout > 0) this.#cancelDeadline = clock.after(timeout, () => this.#late(timeout));
    // Unlike the request's own limit this one is for its answer as well.
    if (remaining !== undefined) this.#cancelRemaining = clock.after(remaining, () => this.#late(remaining));
    this.#course.start();
  }

  made(attempt: Attempt): void {
    const { options, hasEnough, connecting } = this.#errand;
    const name = nameOf(attempt);
    if (hasEnough(name)) return this.#connected(attempt);
    try {
      const socket = connect(attempt, options);
      const settled = connecting(name);
      const cancel = whenConnected(socket, this.#steering.clock, (error) => {
        this.#connecting.delete(attempt);
        settled();
        if (error) this.failed(attempt, error);
        else this.#connected(attempt, socket);
      });
      this.#connecting.set(attempt, () => {
        cancel();
        settled();
      });
    } catch (error) {
      this.failed(attempt, error);
    }
  }

  failed(attempt: Attempt, error: unknown): void {
    if (attempt.phase === "over") return;
    this.#course.note(attempt, error);
    this.attempts.drop(attempt);
    this.#course.goOn(attempt, error, false);
  }

  unresolved(error: unknown): void {
    this.#fail(error);
  }

  exhausted(cause: unknown): void {
    this.#fail(new RequestError(this.#key, this.attempts.failures, cause));
  }

  get #key(): string {
    return this.#errand.route.query.service.key;
  }

  /** @param socket undefined where none is to be made for it */
  #connected(attempt: Attempt, socket?: Socket): void {
    const { request, options, handOver } = this.#errand;
    this.#stop();
    this.#attempt = attempt;
    attempt.begin({ abort: (reason) => cut(request, reason as Error) });
    this.#tell(attempt);
    this.#course.outran(attempt);
    this.attempts.dropRivals();
    this.#watch(attempt);
    let ready = socket;
    // Node may ask for a connection once more: for a request that waits for this one's to end.
    const open = () => {
      const opened = ready ?? connect(attempt, options);
      ready = undefined;
      this.#idle.made(opened);
      return opened;
    };
    this.#inContext(() => handOver({ name: nameOf(attempt), open }));
    // Another connection to that endpoint became idle meanwhile.
    ready?.destroy();
  }

  #tell(attempt: Attempt): void {
    if (!this.#call.started) return;
    attempt.sent = { ...attempt.about(), request: this.#call.started };
    events["byname:send"].publish(attempt.sent);
  }

  #watch(attempt: Attempt): void {
    const { request } = this.#errand;
    const { errorMonitor } = process.getBuiltinModule("node:events");
    request.prependOnceListener("response", (response: IncomingMessage) => {
      // As Node has it where nobody listens.
      if (request.listenerCount("response") === 0) response.resume();
      this.#answered(attempt, response.statusCode!);
    });
    request.once("timeout", () => {
      this.#hasTimedOut = true;
    });
    request.once(errorMonitor, (error) => this.#broke(attempt, error));
    request.once("close", () => {
      // An upgrade's answer is announced to those alone who listen for upgrades: Node takes a listener for wanting them.
      const answer = answerOf(request);
      if (answer && attempt.isWaiting) this.#answered(attempt, answer.statusCode!);
      attempt.end();
      this.#cancelRemaining?.();
    });
  }

  #answered(attempt: Attempt, status: number): void {
    attempt.answered(status, isTrouble(status) && !attempt.isProxied);
    this.traffic.fallback.trust(attempt.source);
  }

  /** Once its caller has destroyed it, its errors tell of the caller; unless that was for want of an answer. */
  #broke(attempt: Attempt, error: Error): void {
    const { destroyed } = this.#errand.request;
    const isLate = this.#hasTimedOut || error.name === "TimeoutError";
    if (attempt.isWaiting && isOfEndpoint(error) && (isLate || !destroyed)) this.#course.note(attempt, error);
    attempt.end();
  }

  #late(ms: number): void {
    this.#course.expire(!this.#isCutShort);
    const error = this.#lateness(ms);
    // Without an attempt that has the request, its end is announced with all others.
    if (this.#attempt?.isWaiting)
      announceFailure(this.#errand.route.query, error, this.#call.started, this.attempts.count);
    this.#abort(error);
  }

  #lateness(ms: number): DeadlineError {
    return new DeadlineError(this.#key, ms, this.attempts.failures);
  }

  #abort(reason: Error): void {
    if (this.#attempt) this.#inContext(() => this.#attempt!.abort(reason));
    else this.#fail(reason);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#stop();
    this.#cancelRemaining?.();
    this.attempts.cutAll(error);
    const { route, request } = this.#errand;
    // Once its caller has destroyed it, nobody wants to know what else came of it.
    if (!request.destroyed) announceFailure(route.query, error, this.#call.started, this.attempts.count);
    else announceForgone(this.#call.started ? { request: this.#call.started } : {});
    this.#inContext(() => this.#errand.refuse(error));
  }

  /** No connection is to be made any more. */
  #stop(): void {
    this.#isOver = true;
    this.#cancelDeadline?.();
    this.#course.end();
    for (const cancel of this.#connecting.values()) cancel();
    this.#connecting.clear();
  }
}

/** Once there is an answer, the error comes by its way. Node tells the request as well, where by then nobody may listen. */
function cut(request: ClientRequest, reason: Error): void {
  const answer = answerOf(request);
  if (answer) request.on("error", () => {});
  (answer ?? request).destroy(reason);
}

/** As much of it as there is; only those who listen for a response are handed it. */
function answerOf(request: ClientRequest): IncomingMessage | undefined {
  return (request as { readonly res?: IncomingMessage }).res;
}

/** Connections for different names are not shared: TLS is checked when they are made. */
function nameOf({ origin, serverName }: Attempt): string {
  return `${origin} ${serverName}`;
}
