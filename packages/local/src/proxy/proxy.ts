import { Agent } from "node:http";
import type { Fault } from "../fault.ts";
import { Faults } from "../faults.ts";
import { httpListener, type Listener, tcpListener } from "../listener.ts";
import { type Part, RequestLog } from "../part.ts";
import type { View } from "../registry/model.ts";
import type { Registry } from "../registry/registry.ts";
import { wrong } from "../wrong.ts";
import type { AddressMode, Placed } from "./addresses.ts";
import { Balancer } from "./balancer.ts";
import { type Deployment, openDeployment } from "./deployment.ts";
import { forwardHttp } from "./forward-http.ts";
import { forwardTcp } from "./forward-tcp.ts";
import type { HostsEntry } from "./hosts-file.ts";
import { faultReplies } from "./local-reply.ts";
import { Outliers } from "./outliers.ts";
import type { Gateway, ProxyRequest, Route } from "./route.ts";

/** The proxy: what stands beside a task that Service Connect runs in. */
export interface ServiceConnectProxy extends Part<ProxyRequest> {
  /** Where the newest deployment has its aliases, in alphabetical order. */
  readonly aliases: readonly Alias[];
  /** Whether aliases have addresses of 127.255.0.0/16 or share 127.0.0.1. */
  readonly mode: AddressMode;
}

/** An alias of the newest deployment. */
export interface Alias {
  /** Its name in the hosts file. */
  readonly alias: string;
  /** Its address there. */
  readonly address: string;
  readonly port: number;
  /** The key in `services`. */
  readonly service: string;
}

/** The proxy with what only `startLocal` needs of it. */
export interface ManagedProxy extends ServiceConnectProxy {
  addRoute(route: Omit<Route, "balancer">): void;
  /** Opens a listener for every alias known now, and says what belongs into the hosts file. */
  deploy(): Promise<readonly HostsEntry[]>;
}

export interface ProxyOptions {
  readonly mode: AddressMode;
  /** Milliseconds that never run backwards. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

export function createProxy(registry: Registry, options: ProxyOptions): ManagedProxy {
  const { mode } = options;
  const routes: Route[] = [];
  const deployments: Deployment[] = [];
  let isRunning = true;
  let underWay: Promise<unknown> = Promise.resolve();
  const faults = new Faults<View>(
    {
      part: "proxy",
      effects: ["drop", "error", "throttle", "empty", "half", "address", "stale"],
      scopes: ["service"],
      checkError,
      knows: (name) => routes.some(({ key }) => key === name),
    },
    () => registry.freeze(),
  );
  const gateway: Gateway = {
    view: () => registry.view,
    faults,
    log: new RequestLog<ProxyRequest>(),
    agent: new Agent({ keepAlive: true }),
    connectTimeout: options.connectTimeout,
  };
  const outliers = new Outliers(options.now);
  const make = (place: Placed): Listener => {
    // On 127.0.0.1 a later deployment has the same places; the listener that is there goes on.
    const old = mode === "loopback" ? findListener(deployments, place) : undefined;
    return old ?? listenerFor(gateway, place);
  };
  const deploy = async () => {
    if (!isRunning) throw stopped();
    const deployment = await openDeployment(mode, routes, deployments.at(-1)?.nextBlock ?? 0, make);
    if (!isRunning) {
      await closeAll(deployment.listeners);
      throw stopped();
    }
    deployments.push(deployment);
    return hostsEntries(deployment.placed);
  };
  return {
    mode,
    requests: gateway.log.entries,
    forget: () => gateway.log.forget(),
    fault: (fault: Fault) => faults.begin(fault),
    mend: () => faults.mend(),
    get aliases() {
      return (deployments.at(-1)?.placed ?? []).map(({ route, address }) => ({
        alias: route.alias,
        address,
        port: route.port,
        service: route.key,
      }));
    },
    addRoute(route) {
      const twin = routes.find(({ alias, port }) => alias === route.alias && port === route.port);
      if (twin) {
        const where = `services.${route.key}.serviceConnect`;
        throw wrong(
          where,
          `${route.alias}:${route.port}`,
          `another alias or port; service "${twin.key}" has this one`,
        );
      }
      routes.push({ ...route, balancer: new Balancer(outliers) });
    },
    deploy() {
      // One after the other: each has to know the places of the one before.
      const deployed = underWay.then(deploy);
      underWay = deployed.catch(() => {});
      return deployed;
    },
    async start() {
      isRunning = true;
      await Promise.all(allListeners(deployments).map((listener) => listener.open()));
    },
    async stop() {
      isRunning = false;
      await Promise.all([closeAll(allListeners(deployments)), underWay]);
      gateway.agent.destroy();
    },
  };
}

function listenerFor(gateway: Gateway, { route, address }: Placed): Listener {
  if (route.protocol !== "http") {
    return tcpListener(address, route.port, (socket) => void forwardTcp(gateway, route, socket));
  }
  return httpListener(address, route.port, (request, response) => {
    void forwardHttp(gateway, route, request, response);
  });
}

function findListener(deployments: readonly Deployment[], place: Placed): Listener | undefined {
  for (const { placed, listeners } of deployments) {
    const at = placed.findIndex(({ route }) => route === place.route);
    if (at >= 0) return listeners[at];
  }
  return undefined;
}

function allListeners(deployments: readonly Deployment[]): Listener[] {
  return [...new Set(deployments.flatMap(({ listeners }) => listeners))];
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}

function stopped(): Error {
  return new Error("deploy: the proxy is stopped; call proxy.start() first");
}

function hostsEntries(placed: readonly Placed[]): HostsEntry[] {
  const entries = new Map(
    placed.map(({ route, address, index }) => [route.alias, { alias: route.alias, address, index }]),
  );
  return [...entries.values()];
}

function checkError(error: unknown): void {
  if (faultReplies.some((reply) => reply === error)) return;
  if (Number.isInteger(error) && (error as number) >= 400 && (error as number) <= 599) return;
  throw wrong("proxy.fault.error", error, `one of ${faultReplies.join(", ")}, or a status from 400 to 599`);
}
