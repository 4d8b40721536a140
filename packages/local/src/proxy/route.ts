import type { Agent } from "node:http";
import { splitAddress } from "../fault.ts";
import type { Active, Faults } from "../faults.ts";
import type { RequestLog } from "../part.ts";
import type { Service, View } from "../registry/model.ts";
import type { Balancer, Upstream } from "./balancer.ts";
import { upstreamAt } from "./balancer.ts";

/** A route: one alias and port, and the Cloud Map service whose tasks are behind it. */
export interface Route {
  readonly alias: string;
  readonly port: number;
  /** `http` is understood; everything else passes as bytes. */
  readonly protocol: "http" | "http2" | "grpc" | "tcp";
  /** Milliseconds for all tries together; 0 is none. */
  readonly perRequestTimeout: number;
  /** The key in `services`. */
  readonly key: string;
  readonly serviceId: string;
  readonly balancer: Balancer;
}

/** What all routes share. */
export interface Gateway {
  readonly view: () => View;
  readonly faults: Faults<View>;
  readonly log: RequestLog<ProxyRequest>;
  readonly agent: Agent;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/** A request or, where bytes pass, a connection. */
export interface ProxyRequest {
  readonly alias: string;
  /** The key in `services`. */
  readonly service: string;
  /** Left out where bytes pass. */
  readonly method?: string;
  /** With its query string; left out where bytes pass. */
  readonly path?: string;
  /** `address:port` of each try, in order. */
  readonly tried: string[];
  /** The status given to the caller, once it is given. */
  status?: number;
}

/** The most tries: the first and two retries ("Service Connect concepts" in the ECS developer guide). */
export const mostTries = 3;

/** The service as the proxy sees it under this fault. Undefined once it has been deleted. */
export function seenService(
  gateway: Gateway,
  route: Route,
  active: Active<View> | undefined,
): Service | undefined {
  const service = (active?.frozen ?? gateway.view()).services.get(route.serviceId);
  return service && active?.fault.empty ? { ...service, instances: new Map() } : service;
}

/** The next upstream to try, moved to where an `address` fault says. */
export function nextUpstream(
  route: Route,
  service: Service | undefined,
  tried: ReadonlySet<string>,
  active: Active<View> | undefined,
): Upstream | undefined {
  const upstream = service && route.balancer.next(service, tried);
  if (!upstream || active?.fault.address === undefined) return upstream;
  const { address, port = upstream.port } = splitAddress(active.fault.address);
  return upstreamAt(upstream.id, address, port);
}
