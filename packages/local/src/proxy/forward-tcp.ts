import { connect, type Socket } from "node:net";
import type { Active } from "../faults.ts";
import { after } from "../part.ts";
import type { View } from "../registry/model.ts";
import type { Upstream } from "./balancer.ts";
import {
  type Gateway,
  mostTries,
  nextUpstream,
  type ProxyRequest,
  type Route,
  seenService,
} from "./route.ts";

/** Forwards one connection as bytes. Without a task that answers, it is accepted and then closed. */
export async function forwardTcp(gateway: Gateway, route: Route, client: Socket): Promise<void> {
  client.on("error", () => client.destroy());
  client.pause();
  const entry: ProxyRequest = { alias: route.alias, service: route.key, tried: [] };
  gateway.log.add(entry);
  const active = gateway.faults.meet({ isFor: (word) => word === route.key });
  if (active?.fault.drop) return;
  if (active?.fault.delay) await after(active.fault.delay);
  const isRefused = active?.fault.error !== undefined || active?.fault.throttle;
  const upstream = isRefused ? undefined : await connectOne(gateway, route, entry, active);
  if (!upstream || client.destroyed) {
    upstream?.destroy();
    client.destroy();
    return;
  }
  join(client, upstream);
  if (active?.fault.half) cutFirst(upstream, client);
  else upstream.pipe(client);
  client.pipe(upstream);
}

async function connectOne(
  gateway: Gateway,
  route: Route,
  entry: ProxyRequest,
  active: Active<View> | undefined,
): Promise<Socket | undefined> {
  const service = seenService(gateway, route, active);
  const tried = new Set<string>();
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const upstream = nextUpstream(route, service, tried, active);
    if (!upstream) return undefined;
    tried.add(upstream.host);
    entry.tried.push(upstream.host);
    const socket = await connected(upstream, gateway.connectTimeout);
    if (socket) return socket;
    route.balancer.failed(upstream);
  }
  return undefined;
}

function connected({ address, port }: Upstream, timeout: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    const impatience = setTimeout(() => socket.destroy(), timeout).unref();
    socket.once("connect", () => {
      clearTimeout(impatience);
      resolve(socket);
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      clearTimeout(impatience);
      resolve(undefined);
    });
  });
}

/** When one side breaks, so does the other. */
function join(client: Socket, upstream: Socket): void {
  client.once("close", () => upstream.destroy());
  upstream.once("close", () => client.destroySoon());
}

function cutFirst(upstream: Socket, client: Socket): void {
  upstream.once("data", (chunk: Buffer) => {
    client.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () => client.destroy());
  });
}
