import { AwsError } from "./aws-error.ts";
import type { Instance, Namespace, Service, View } from "./model.ts";

/** Discovery: which instances a DiscoverInstances call sees. Rules as in that operation's API reference. */
export type HealthFilter = "HEALTHY" | "UNHEALTHY" | "ALL" | "HEALTHY_OR_ELSE_ALL";

export interface Query {
  /** A count from 1 to 1,000. */
  readonly maxResults: number;
  readonly must: Readonly<Record<string, string>>;
  readonly preferred: Readonly<Record<string, string>>;
  readonly health: HealthFilter;
}

/** The namespace with this HttpName, as `account` sees it. */
export function namespaceByHttpName(
  view: View,
  httpName: string,
  account: string,
  owner = account,
): Namespace {
  for (const namespace of view.namespaces.values()) {
    const isVisible = namespace.owner === owner && (owner === account || namespace.shared);
    if (isVisible && namespace.httpName === httpName) return namespace;
  }
  throw new AwsError("NamespaceNotFound", `No namespace exists with the name ${httpName}`);
}

export function serviceByName(view: View, namespace: Namespace, name: string): Service {
  for (const service of view.services.values()) {
    if (service.namespaceId === namespace.id && service.name === name) return service;
  }
  throw new AwsError("ServiceNotFound", `No service exists with the name ${name}`);
}

export function discover(service: Service, query: Query): Instance[] {
  const wanted = [...service.instances.values()].filter((instance) => matches(instance, query.must));
  const liked = wanted.filter((instance) => matches(instance, query.preferred));
  const chosen = byHealth(liked.length > 0 ? liked : wanted, query.health, service.healthCheck);
  return shuffled(chosen).slice(0, query.maxResults);
}

/** A new array in random order (Fisher-Yates). */
export function shuffled<T>(values: readonly T[]): T[] {
  const mixed = [...values];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
  }
  return mixed;
}

function matches(instance: Instance, attributes: Readonly<Record<string, string>>): boolean {
  return Object.entries(attributes).every(([key, value]) => instance.attributes[key] === value);
}

function byHealth(instances: Instance[], filter: HealthFilter, hasCheck: boolean): Instance[] {
  if (!hasCheck || filter === "ALL") return instances;
  const healthy = instances.filter((instance) => instance.health === "HEALTHY");
  switch (filter) {
    case "HEALTHY":
      return healthy;
    case "UNHEALTHY":
      return instances.filter((instance) => instance.health === "UNHEALTHY");
    case "HEALTHY_OR_ELSE_ALL":
      return healthy.length > 0 ? healthy : instances;
    default:
      return filter satisfies never;
  }
}
