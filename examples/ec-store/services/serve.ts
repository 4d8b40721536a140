import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Byname } from "byname";
import { inWords } from "../errors.ts";

/** Serve: a small HTTP server for JSON. */
export function serve(routes: Routes, byname?: Byname): void {
  const known = Object.entries({ "GET /health": () => ({ ok: true }), ...routes });
  listen(
    (request, response) => void answer(known, request).then((reply) => send(response, reply)),
    () => byname?.close(),
  );
}

/**
 * Listens where the environment says, until SIGTERM: then no new connections, what is under way finishes, and nothing is
 * left.
 */
export function listen(answer: RequestListener, end: () => unknown): Server {
  const server = createServer((request, response) => {
    if (!server.listening) response.setHeader("connection", "close");
    answer(request, response);
  });
  server.listen(Number(process.env.PORT ?? 8080), process.env.HOST);
  process.once("SIGTERM", () => server.close(() => void end()));
  return server;
}

/** What answers, by method and path: `"GET /users/:id"`. What it gives back is sent as JSON; status 200 unless it says so. */
export type Routes = Readonly<Record<string, (call: Call) => unknown>>;

export interface Call {
  /** The parts of the path that the route names. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An answer with a status of its own. */
export class Reply {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    this.status = status;
    this.body = body;
  }
}

/** What a service said no to, such as 404; thrown, it becomes the answer. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The body of another service's answer. What that service refuses is refused here with the same words. */
export async function json<Body>(answer: Promise<Response>): Promise<Body> {
  const response = await answer;
  const body = (await response.json()) as Body & { error?: string };
  if (!response.ok) throw new Refusal(response.status, body.error ?? `status ${response.status}`);
  return body;
}

async function answer(routes: [string, Routes[string]][], request: IncomingMessage): Promise<Reply> {
  try {
    const path = new URL(request.url!, "http://store").pathname;
    for (const [route, handle] of routes) {
      const params = match(route, `${request.method} ${path}`);
      if (!params) continue;
      const result = await handle({ params, body: await readBody(request) });
      return result instanceof Reply ? result : new Reply(200, result);
    }
    return new Reply(404, { error: `no ${request.method} ${path}` });
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 502;
    return new Reply(status, { error: inWords(error) });
  }
}

/** The named parts of a path, or undefined where it is another route's. */
export function match(route: string, asked: string): Record<string, string> | undefined {
  const wanted = route.split("/");
  const given = asked.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(given[index]!);
    else if (part !== given[index]) return undefined;
  }
  return params;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}
