import { randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import type { Env } from "./child.ts";
import { inWords } from "./errors.ts";
import type { StoreMap } from "./map.ts";
import type { Part } from "./parts.ts";
import { match, Refusal } from "./services/serve.ts";
import type { Shown } from "./shown.ts";

/**
 * Control: what the storefront asks for its map, on loopback. Since it breaks things, it obeys only who has the token,
 * which stands in the storefront's environment and nowhere else.
 */
export interface Control {
  readonly env: Env;
  close(): void;
}

/** @param parts may be empty at first. */
export async function openControl(map: StoreMap, parts: readonly Part[]): Promise<Control> {
  const token = randomUUID();
  const viewers = new Set<ServerResponse>();
  const show = (viewer: ServerResponse) => viewer.write(`data: ${JSON.stringify(shown(map, parts))}\n\n`);
  const beat = setInterval(() => {
    map.tick();
    for (const viewer of viewers) show(viewer);
  }, 1_000).unref();
  const routes: Routes = {
    "GET /stream": (_params, _request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      viewers.add(response.once("close", () => viewers.delete(response)));
      show(response);
    },
    "GET /orders/:id": async ({ id }, _request, response) => {
      // What the asker told before it asked is on another channel: one turn of the event loop, and it has been heard.
      await setImmediate();
      send(response, 200, map.order(id!));
    },
    "POST /parts/:name": async ({ name }, request, response) => {
      const part = parts.find((part) => part.name === name);
      if (!part) throw new Refusal(404, `no part "${name}"`);
      await part.set(await isBrokenIn(request));
      for (const viewer of viewers) show(viewer);
      send(response, 200, { name, isBroken: part.isBroken });
    },
  };
  const server = createServer((request, response) => {
    answer(routes, token, request, response).catch((error) => {
      send(response, error instanceof Refusal ? error.status : 500, { error: inWords(error) });
    });
  });
  await once(server.listen(0, "127.0.0.1").unref(), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    env: { STORE_CONTROL: `http://127.0.0.1:${port}`, STORE_TOKEN: token },
    close() {
      clearInterval(beat);
      server.close();
      server.closeAllConnections();
    },
  };
}

type Handle = (params: Record<string, string>, request: IncomingMessage, response: ServerResponse) => unknown;
type Routes = Readonly<Record<string, Handle>>;

async function answer(routes: Routes, token: string, request: IncomingMessage, response: ServerResponse) {
  if (!isSame(request.headers.authorization ?? "", `Bearer ${token}`))
    throw new Refusal(401, "the token is missing");
  // Only a browser says where its page is from, and none has anything to ask here.
  if (request.headers.origin !== undefined) throw new Refusal(403, "not for browsers");
  for (const [route, handle] of Object.entries(routes)) {
    const params = match(route, `${request.method} ${request.url}`);
    if (params) return handle(params, request, response);
  }
  throw new Refusal(404, `no ${request.method} ${request.url}`);
}

function isSame(given: string, wanted: string): boolean {
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}

async function isBrokenIn(request: IncomingMessage): Promise<boolean> {
  const body = await text(request);
  if (body === '{"isBroken":true}') return true;
  if (body === '{"isBroken":false}') return false;
  throw new Refusal(400, 'write {"isBroken":true} or {"isBroken":false}');
}

function shown(map: StoreMap, parts: readonly Part[]): Shown {
  return { ...map.state(), parts: parts.map(({ name, isBroken }) => ({ name, isBroken })) };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
