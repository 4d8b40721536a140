import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Loopback, loopback } from "./loopback.ts";

export interface Invocation {
  /** Milliseconds that the function has for it. */
  readonly timeout?: number;
  /** X-Ray's header, where there is a trace. */
  readonly trace?: string;
}

/** What a function's error looks like to whoever invoked it. */
export interface Reported {
  readonly errorType: string;
  readonly errorMessage: string;
}

export type Outcome = { readonly answer: unknown } | Reported;

interface Waiting {
  readonly event: unknown;
  readonly timeout: number;
  readonly trace: string | undefined;
  readonly settle: Settle;
}

type Settle = (outcome: Outcome) => void;

/**
 * RuntimeApi: the host's side of Lambda's Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) for
 * one execution environment. Each invocation has a time and a trace of its own, and it is known what was asked when.
 */
export class RuntimeApi implements AsyncDisposable {
  /** What the runtime asked for, in order: `next`, `response`, `error`, `init/error`. */
  readonly asked: string[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #running = new Map<string, Settle>();
  /** The runtime's `next`s, held until there is something to do. */
  readonly #nexts: ServerResponse[] = [];
  readonly #initError = Promise.withResolvers<Reported>();
  readonly #server: Promise<Loopback>;

  constructor() {
    this.#server = loopback((request, response) => this.#answer(request, response));
  }

  /** What AWS_LAMBDA_RUNTIME_API is set to. */
  async address(): Promise<string> {
    const { address, port } = await this.#server;
    return `${address}:${port}`;
  }

  /** What kept the function from starting. */
  get initError(): Promise<Reported> {
    return this.#initError.promise;
  }

  /** Whether the runtime waits for an invocation and works on none: the moment in which Lambda may freeze it. */
  get idle(): boolean {
    return this.#nexts.length > 0 && this.#running.size === 0;
  }

  /** The clock of the invocation starts when the runtime gets it. @returns its error "TimedOut" when that has run out. */
  invoke(event: unknown, { timeout = 10_000, trace }: Invocation = {}): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#waiting.push({ event, timeout, trace, settle: resolve });
    this.#hand();
    return promise;
  }

  /** The runtime's process ended: what was to be done has failed, with what it said at last. */
  lost(said: string): void {
    const exit = { errorType: "Runtime.ExitError", errorMessage: said };
    for (const { settle } of this.#waiting.splice(0)) settle(exit);
    for (const settle of this.#running.values()) settle(exit);
    this.#nexts.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#server).close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const path = request.url!.replace("/2018-06-01/runtime/", "");
    const [, id = "", what = path] = /^invocation\/([\w-]*)\b\/?(response|error)$/.exec(path) ?? [];
    const asked = what.replace("invocation/", "");
    this.asked.push(asked);
    if (asked !== "next") return this.#told(id, asked, request, response);
    this.#nexts.push(response);
    this.#hand();
  }

  async #told(id: string, what: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const outcome = await outcomeOf(what, request);
    if (what === "init/error") this.#initError.resolve(outcome as Reported);
    this.#running.get(id)?.(outcome);
    response.writeHead(202).end('{"status":"OK"}');
  }

  /** Gives the runtime its next invocation, where there are both. */
  #hand(): void {
    if (this.#nexts.length === 0 || this.#waiting.length === 0) return;
    const response = this.#nexts.shift()!;
    const { event, timeout, trace, settle } = this.#waiting.shift()!;
    const id = randomUUID();
    const late = () => end({ errorType: "TimedOut", errorMessage: `not over after ${timeout} ms` });
    const timer = setTimeout(late, timeout);
    const end = (outcome: Outcome) => {
      clearTimeout(timer);
      this.#running.delete(id);
      settle(outcome);
    };
    this.#running.set(id, end);
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Lambda-Runtime-Aws-Request-Id": id,
      "Lambda-Runtime-Deadline-Ms": Date.now() + timeout,
      "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:111122223333:function:test",
      ...(trace && { "Lambda-Runtime-Trace-Id": trace }),
    });
    response.end(JSON.stringify(event));
  }
}

async function outcomeOf(what: string, request: IncomingMessage): Promise<Outcome> {
  const body = await request.toArray().catch(() => undefined);
  if (!body) return { errorType: "BrokenOff", errorMessage: "the runtime did not end what it began to send" };
  const text = Buffer.concat(body).toString();
  if (what !== "response") return JSON.parse(text) as Reported;
  if (request.headers["lambda-runtime-function-response-mode"] !== "streaming")
    return { answer: JSON.parse(text) };
  const broken = request.trailers["lambda-runtime-function-error-body"];
  return broken ? JSON.parse(Buffer.from(broken, "base64").toString()) : { answer: text };
}
