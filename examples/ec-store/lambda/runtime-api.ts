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
 * RuntimeApi: the host's side of Lambda's Runtime API, for one execution environment: one invocation at a time
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
 */
export class RuntimeApi {
  readonly #arn: string;
  readonly #timeout: number;
  readonly #freezer: Freezer;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #queue: Invocation[] = [];
  #current: Invocation | undefined;
  /** The function's `next`, held until there is something to do. */
  #next: ServerResponse | undefined;

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
    this.#next = undefined;
    for (const invocation of [this.#current, ...this.#queue]) invocation?.reject(new Error(reason));
    this.#queue.length = 0;
    this.#current = undefined;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id, what] = /^\/2018-06-01\/runtime\/invocation\/([\w-]+)(?:\/(\w+))?$/.exec(request.url!) ?? [];
    if (request.method === "GET" && id === "next") return this.#ready(response);
    const body = Buffer.concat(await request.toArray().catch(() => [])).toString();
    const current = this.#current;
    if (request.method !== "POST" || !current || current.id !== id) {
      return reply(response, 400, { errorType: "InvalidRequestID", errorMessage: "Invalid request ID" });
    }
    if (what === "response") this.#end(current, () => current.resolve(JSON.parse(body)));
    else this.#end(current, () => current.reject(new Error(JSON.parse(body).errorMessage)));
    reply(response, 202, { status: "OK" });
  }

  #ready(response: ServerResponse): void {
    this.#next = response;
    if (this.#queue.length === 0) this.#freezer.freeze();
    else this.#hand();
  }

  /** Gives the function its next invocation, where there are both. */
  #hand(): void {
    if (!this.#next || this.#current) return;
    const invocation = this.#queue.shift();
    if (!invocation) return;
    const response = this.#next;
    this.#next = undefined;
    this.#current = invocation;
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
    if (this.#current === invocation) this.#current = undefined;
    settle();
  }
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
