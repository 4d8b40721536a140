import type { LocalNamespace } from "./options.ts";
import type { ManagedProxy } from "./proxy/proxy.ts";
import { AwsError } from "./registry/aws-error.ts";
import type { DnsConfig, Namespace, Service } from "./registry/model.ts";
import { isCalled } from "./registry/model.ts";
import type { Registry } from "./registry/registry.ts";
import type { SettledInstance, SettledService } from "./settle-service.ts";
import { wrong } from "./wrong.ts";

/** Services: how they get into the registry and, with an alias, onto the proxy. */
const defaultDns: DnsConfig = { routing: "MULTIVALUE", records: [{ type: "SRV", ttl: 10 }] };

/** Sets a service up with everything it has: all of it or nothing. It can be seen at once. */
export function setUp(registry: Registry, proxy: ManagedProxy, settled: SettledService): void {
  const { key, alias } = settled;
  const twin = findService(registry, key);
  if (twin) throw wrong("services", key, "another key; there is a service of that name");
  registry.operations.atOnce(() => {
    const namespace = namespaceFor(registry, settled);
    const service = createService(registry, namespace, settled);
    try {
      settled.instances.forEach((instance, at) => {
        registerInstance(registry, service, instance, `services.${key}.instances[${at}]`);
      });
      if (alias) proxy.addRoute({ ...alias, key, serviceId: service.id });
    } catch (error) {
      for (const id of [...service.instances.keys()]) registry.deregister(service.id, id);
      registry.deleteService(service.id);
      throw error;
    }
  });
}

/** Registers an instance. Resolves once it can be seen. */
export function registerInstance(
  registry: Registry,
  service: Service,
  { id, attributes }: SettledInstance,
  where: string,
): Promise<void> {
  return accepted(where, () => registry.register(service.id, id, attributes).done);
}

/** The service with this key or, where it was made through the API, this name. */
export function findService(registry: Registry, name: string): Service | undefined {
  return [...registry.view.services.values()].find((service) => isCalled(service, name));
}

function createService(registry: Registry, namespace: Namespace, settled: SettledService): Service {
  const { key, discoveryName, healthCheck, dns } = settled;
  const config = dns ?? (namespace.type === "HTTP" ? undefined : defaultDns);
  return accepted(`services.${key}`, () =>
    registry.createService({
      name: discoveryName,
      namespaceId: namespace.id,
      key,
      healthCheck,
      ...(config && { dns: config }),
    }),
  );
}

function namespaceFor(registry: Registry, { key, namespace }: SettledService): Namespace {
  const { account } = registry.options;
  const found = [...registry.view.namespaces.values()].find((other) => isThis(other, namespace, account));
  const where = `services.${key}.namespace`;
  if (!found) {
    const wanted = { type: "DNS_PRIVATE" as const, ...namespace };
    return accepted(where, () => registry.createNamespace(wanted).namespace);
  }
  for (const field of ["shared", "soaTtl"] as const) {
    if (namespace[field] !== undefined && namespace[field] !== found[field]) {
      throw wrong(`${where}.${field}`, namespace[field], `${found[field]}, as another service has it`);
    }
  }
  return found;
}

function isThis(other: Namespace, wanted: LocalNamespace, account: string): boolean {
  if (other.name !== wanted.name) return false;
  if (wanted.type === undefined) return true;
  const { type, owner = account, httpName = other.httpName } = wanted;
  return other.type === type && other.owner === owner && other.httpName === httpName;
}

/** Says where the option stands that Cloud Map refuses. */
function accepted<Result>(where: string, change: () => Result): Result {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new Error(`${where}: Cloud Map refuses it (${error.type}): ${error.message}`, { cause: error });
  }
}
