import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the API does to the function's process: it stands still between one answer and the next invocation. */
export interface Freezer {
  freeze(): void;
  thaw(): void;
}

interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  timer?: NodeJS.Timeout;
}

/** Milliseconds that an invocation waits for the function, whose first start does not count as its own time. */
const queued = 60_000;

/**
 * RuntimeApi: the host's side of Lambda's Runtime API, for one execution environment
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Each `next` gets one invocation, so that a runtime
 * that asks again before it has answered has several at a time.
 */
export class RuntimeApi {
  readonly #arn: string;
  readonly #timeout: number;
  readonly #freezer: Freezer;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #queue: Invocation[] = [];
  readonly #running = new Map<string, Invocation>();
  /** The function's `next`s, held until there is something to do. */
  readonly #nexts: ServerResponse[] = [];

  /** @param timeout milliseconds that the function may take over one invocation. */
  constructor(arn: string, timeout: number, freezer: Freezer) {
    this.#arn = arn;
    this.#timeout = timeout;
    this.#freezer = freezer;
  }

  /** @returns what AWS_LAMBDA_RUNTIME_API is set to. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Rejects with the function's error, or when its time is over. */
  invoke(event: unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const invocation: Invocation = { id: randomUUID(), event, resolve, reject };
    this.#limit(invocation, queued);
    this.#queue.push(invocation);
    this.#hand();
    return promise.finally(() => clearTimeout(invocation.timer));
  }

  /** The process ended: what it was working on has failed. */
  lost(reason: string): void {
    for (const invocation of [...this.#running.values(), ...this.#queue])
      invocation.reject(new Error(reason));
    this.#nexts.length = 0;
    this.#queue.length = 0;
    this.#running.clear();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id, what] = /^\/2018-06-01\/runtime\/invocation\/([\w-]+)(?:\/(\w+))?$/.exec(request.url!) ?? [];
    if (request.method === "GET" && id === "next") return this.#ready(response);
    const body = Buffer.concat(await request.toArray().catch(() => [])).toString();
    const running = this.#running.get(id ?? "");
    if (request.method !== "POST" || !running) {
      return reply(response, 400, { errorType: "InvalidRequestID", errorMessage: "Invalid request ID" });
    }
    const error = what === "response" ? brokenOff(request) : body;
    if (error) this.#end(running, () => running.reject(new Error(JSON.parse(error).errorMessage)));
    else this.#end(running, () => running.resolve(isStream(request) ? body : JSON.parse(body)));
    reply(response, 202, { status: "OK" });
    this.#rest();
  }

  #ready(response: ServerResponse): void {
    this.#nexts.push(response);
    this.#hand();
    this.#rest();
  }

  /** With nothing to do the function stands still. */
  #rest(): void {
    if (this.#nexts.length > 0 && this.#running.size === 0) this.#freezer.freeze();
  }

  /** Gives the function its next invocation, where there are both. */
  #hand(): void {
    if (this.#nexts.length === 0 || this.#queue.length === 0) return;
    const response = this.#nexts.shift()!;
    const invocation = this.#queue.shift()!;
    this.#running.set(invocation.id, invocation);
    this.#limit(invocation, this.#timeout);
    this.#freezer.thaw();
    reply(response, 200, invocation.event, {
      "Lambda-Runtime-Aws-Request-Id": invocation.id,
      "Lambda-Runtime-Deadline-Ms": String(Date.now() + this.#timeout),
      "Lambda-Runtime-Invoked-Function-Arn": this.#arn,
      "Lambda-Runtime-Trace-Id": traceId(),
    });
  }

  #limit(invocation: Invocation, ms: number): void {
    clearTimeout(invocation.timer);
    const late = () => this.#end(invocation, () => invocation.reject(new Error(`timed out after ${ms} ms`)));
    invocation.timer = setTimeout(late, ms);
  }

  #end(invocation: Invocation, settle: () => void): void {
    const at = this.#queue.indexOf(invocation);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#running.delete(invocation.id);
    settle();
  }
}

/** A function that streams answers with text as it comes... */
function isStream({ headers }: IncomingMessage): boolean {
  return headers["lambda-runtime-function-response-mode"] === "streaming";
}

/** ...and says at the end when that went wrong. */
function brokenOff({ trailers }: IncomingMessage): string | undefined {
  const error = trailers["lambda-runtime-function-error-body"];
  return error && Buffer.from(error, "base64").toString();
}

function reply(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader */
function traceId(): string {
  const random = randomUUID().replaceAll("-", "");
  const seconds = Math.floor(Date.now() / 1_000).toString(16);
  return `Root=1-${seconds}-${random.slice(0, 24)};Parent=${random.slice(16)};Sampled=0`;
}
