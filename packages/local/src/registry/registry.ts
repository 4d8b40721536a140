import { AwsError, invalid } from "./aws-error.ts";
import { newId, random } from "./ids.ts";
import type {
  DnsConfig,
  DnsRecord,
  Health,
  Instance,
  Namespace,
  NamespaceType,
  Service,
  View,
} from "./model.ts";
import { Operations, type Submitted } from "./operations.ts";
import { checkAttributes, checkDns, limits, patterns } from "./rules.ts";

/** The registry: what Cloud Map holds, for the API, the zone and the proxy to read. */
export interface RegistryOptions {
  readonly region: string;
  readonly account: string;
  /** Milliseconds until an asynchronous change is visible. */
  readonly propagationDelay: number;
  /** Milliseconds until a custom health status counts. */
  readonly healthDelay: number;
}

export interface NewNamespace {
  readonly name: string;
  readonly type: NamespaceType;
  readonly httpName?: string;
  readonly owner?: string;
  readonly shared?: boolean;
  readonly soaTtl?: number;
  readonly vpc?: string;
  readonly description?: string;
  readonly creatorRequestId?: string;
}

export interface NewService {
  readonly name: string;
  readonly namespaceId: string;
  readonly key?: string;
  readonly dns?: DnsConfig;
  readonly healthCheck: boolean;
  readonly description?: string;
  readonly creatorRequestId?: string;
}

/** Seconds. Route 53's own for a new zone ("The start of authority record" in its developer guide). */
export const defaultSoaTtl = 900;

export class Registry {
  readonly options: RegistryOptions;
  readonly operations: Operations;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #services = new Map<string, StoredService>();
  readonly #healthTimers = new Map<NodeJS.Timeout, () => void>();
  // One counter for all services, so that a service made anew never shows a revision it had before.
  #revision = 0;

  constructor(options: RegistryOptions) {
    this.options = options;
    this.operations = new Operations(options.propagationDelay);
  }

  /** What is there now; follows every change. */
  get view(): View {
    return { namespaces: this.#namespaces, services: this.#services };
  }

  /** What is there now, and stays as it is. */
  freeze(): View {
    const services = [...this.#services].map(
      ([id, service]) => [id, { ...service, instances: new Map(service.instances) }] as const,
    );
    return { namespaces: new Map(this.#namespaces), services: new Map(services) };
  }

  createNamespace(wanted: NewNamespace): Submitted & { readonly namespace: Namespace } {
    const namespace = this.#newNamespace(wanted);
    const submitted = this.operations.submit(
      "CREATE_NAMESPACE",
      { NAMESPACE: namespace.id },
      `namespace/${namespace.type}/${namespace.name}`,
      () => this.#namespaces.set(namespace.id, namespace),
    );
    return { ...submitted, namespace };
  }

  deleteNamespace(idOrArn: string): Submitted {
    const { id } = this.namespace(idOrArn);
    if (this.servicesIn(id).length > 0) {
      throw new AwsError("ResourceInUse", "The namespace still has services; delete them first");
    }
    return this.operations.submit("DELETE_NAMESPACE", { NAMESPACE: id }, id, () =>
      this.#namespaces.delete(id),
    );
  }

  createService(wanted: NewService): Service {
    const namespace = this.namespace(wanted.namespaceId);
    if (!patterns.service.test(wanted.name)) throw invalid(`Service name "${wanted.name}" is not valid`);
    if (wanted.dns && namespace.type === "HTTP") throw invalid("An HTTP namespace takes no DnsConfig");
    if (wanted.dns) checkDns(wanted.dns);
    const twin = this.servicesIn(namespace.id).find(({ name }) =>
      isSameName(name, wanted.name, namespace.type),
    );
    if (twin) {
      throw new AwsError("ServiceAlreadyExists", `Service "${wanted.name}" exists in "${namespace.name}"`, {
        ServiceId: twin.id,
        CreatorRequestId: twin.creatorRequestId ?? "",
      });
    }
    const id = newId("srv");
    const arn = this.#arn("service", id, namespace.owner);
    const service: StoredService = {
      ...wanted,
      namespaceId: namespace.id,
      id,
      arn,
      createdAt: Date.now(),
      revision: ++this.#revision,
      instances: new Map(),
    };
    this.#services.set(id, service);
    return service;
  }

  /** Without records, those that there are are deleted (https://docs.aws.amazon.com/cloud-map/latest/api/API_UpdateService.html). */
  updateService(
    idOrArn: string,
    change: { description?: string; records?: readonly DnsRecord[] },
  ): Submitted {
    const service = this.#stored(idOrArn);
    const { records } = change;
    if (records && !service.dns) throw invalid("The service has no DnsConfig to change");
    const dns = records && service.dns ? { ...service.dns, records } : undefined;
    if (dns) checkDns(dns);
    const types = (of: readonly DnsRecord[]) =>
      of
        .map((record) => record.type)
        .sort()
        .join();
    if (dns && types(dns.records) !== types(service.dns!.records))
      throw invalid("Record types cannot be changed");
    return this.operations.submit("UPDATE_SERVICE", { SERVICE: service.id }, service.id, () => {
      if (dns) service.dns = dns;
      else delete service.dns;
      if (change.description !== undefined) service.description = change.description;
    });
  }

  deleteService(idOrArn: string): void {
    const service = this.#stored(idOrArn);
    if (service.instances.size + this.operations.pending(`${service.id}/`) > 0) {
      throw new AwsError("ResourceInUse", "The service still has instances; deregister them first");
    }
    this.#services.delete(service.id);
  }

  /** Registers an instance, or replaces the one that has this id. */
  register(
    idOrArn: string,
    instanceId: string,
    attributes: Record<string, string>,
    creatorRequestId?: string,
  ): Submitted {
    const service = this.#stored(idOrArn);
    if (!patterns.instance.test(instanceId)) throw invalid(`Instance ID "${instanceId}" is not valid`);
    checkAttributes(attributes, service.dns);
    if (!service.instances.has(instanceId)) this.#checkRoom(service);
    const first = attributes.AWS_INIT_HEALTH_STATUS === "UNHEALTHY" ? "UNHEALTHY" : "HEALTHY";
    const instance: Instance = {
      id: instanceId,
      attributes: { ...attributes },
      health: service.healthCheck ? first : "UNKNOWN",
      ...(creatorRequestId !== undefined && { creatorRequestId }),
    };
    return this.#changeInstance("REGISTER_INSTANCE", service, instanceId, () =>
      service.instances.set(instanceId, instance),
    );
  }

  deregister(idOrArn: string, instanceId: string): Submitted {
    const service = this.#stored(idOrArn);
    this.instance(service.id, instanceId);
    return this.#changeInstance("DEREGISTER_INSTANCE", service, instanceId, () =>
      service.instances.delete(instanceId),
    );
  }

  /** Sets a custom health status. Resolves when it counts. */
  setHealth(idOrArn: string, instanceId: string, health: Exclude<Health, "UNKNOWN">): Promise<void> {
    const service = this.#stored(idOrArn);
    if (!service.healthCheck)
      throw new AwsError("CustomHealthNotFound", "The service has no custom health check");
    this.instance(service.id, instanceId);
    const apply = () => {
      const instance = service.instances.get(instanceId);
      if (instance) service.instances.set(instanceId, { ...instance, health });
    };
    if (this.options.healthDelay === 0) return Promise.resolve(apply());
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#healthTimers.delete(timer);
        resolve(apply());
      }, this.options.healthDelay).unref();
      this.#healthTimers.set(timer, resolve);
    });
  }

  namespace(idOrArn: string): Namespace {
    const found = this.#namespaces.get(lastPart(idOrArn));
    if (!found) throw new AwsError("NamespaceNotFound", `No namespace exists with the ID ${idOrArn}`);
    return found;
  }

  service(idOrArn: string): Service {
    return this.#stored(idOrArn);
  }

  servicesIn(namespaceId: string): Service[] {
    return [...this.#services.values()].filter((service) => service.namespaceId === namespaceId);
  }

  instance(serviceId: string, instanceId: string): Instance {
    const found = this.service(serviceId).instances.get(instanceId);
    if (!found) throw new AwsError("InstanceNotFound", `No instance exists with the ID ${instanceId}`);
    return found;
  }

  /** Forgets what is under way; nobody waits for it any longer. */
  close(): void {
    this.operations.close();
    for (const [timer, settle] of this.#healthTimers) {
      clearTimeout(timer);
      settle();
    }
    this.#healthTimers.clear();
  }

  #stored(idOrArn: string): StoredService {
    const found = this.#services.get(lastPart(idOrArn));
    if (!found) throw new AwsError("ServiceNotFound", `No service exists with the ID ${idOrArn}`);
    return found;
  }

  #changeInstance(
    type: "REGISTER_INSTANCE" | "DEREGISTER_INSTANCE",
    service: StoredService,
    instanceId: string,
    apply: () => void,
  ): Submitted {
    const targets = { INSTANCE: instanceId, SERVICE: service.id, NAMESPACE: service.namespaceId };
    return this.operations.submit(type, targets, `${service.id}/${instanceId}`, () => {
      apply();
      service.revision = ++this.#revision;
    });
  }

  #checkRoom(service: Service): void {
    const count = (of: Service) => of.instances.size + this.operations.pending(`${of.id}/`);
    const inNamespace = this.servicesIn(service.namespaceId).reduce((sum, other) => sum + count(other), 0);
    if (count(service) >= limits.instancesPerService) {
      throw new AwsError("ResourceLimitExceeded", `The service has ${limits.instancesPerService} instances`);
    }
    if (inNamespace >= limits.instancesPerNamespace) {
      throw new AwsError(
        "ResourceLimitExceeded",
        `The namespace has ${limits.instancesPerNamespace} instances`,
      );
    }
  }

  #newNamespace(wanted: NewNamespace): Namespace {
    const { account } = this.options;
    const isDns = wanted.type === "DNS_PRIVATE";
    const { soaTtl = defaultSoaTtl, owner = account } = wanted;
    if (!(isDns ? patterns.privateNamespace : patterns.httpNamespace).test(wanted.name)) {
      throw invalid(`Namespace name "${wanted.name}" is not valid`);
    }
    if (!Number.isInteger(soaTtl) || soaTtl < 0 || soaTtl > limits.recordTtl)
      throw invalid(`SOA TTL ${soaTtl}`);
    const mine = [...this.#namespaces.values()].filter((namespace) => namespace.owner === owner);
    const twin = mine.find(
      ({ name, type, vpc }) => name === wanted.name && type === wanted.type && vpc === wanted.vpc,
    );
    if (twin) {
      throw new AwsError("NamespaceAlreadyExists", `Namespace "${wanted.name}" exists`, {
        NamespaceId: twin.id,
      });
    }
    if (mine.length >= limits.namespaces)
      throw new AwsError("ResourceLimitExceeded", `${limits.namespaces} namespaces`);
    const id = newId("ns");
    const isReused = mine.some(({ httpName }) => httpName === wanted.name);
    return {
      ...wanted,
      id,
      arn: this.#arn("namespace", id, owner),
      httpName: wanted.httpName ?? (isReused ? `${wanted.name}-${random(16)}` : wanted.name),
      owner,
      shared: wanted.shared ?? true,
      soaTtl,
      ...(isDns && { hostedZoneId: newId("zone") }),
      createdAt: Date.now(),
    };
  }

  #arn(kind: "namespace" | "service", id: string, owner: string): string {
    return `arn:aws:servicediscovery:${this.options.region}:${owner}:${kind}/${id}`;
  }
}

interface StoredService extends Omit<Service, "dns" | "description" | "revision" | "instances"> {
  dns?: DnsConfig;
  description?: string;
  revision: number;
  readonly instances: Map<string, Instance>;
}

/** Names that differ only by case are one name in DNS (CreateService in the API reference). */
function isSameName(a: string, b: string, type: NamespaceType): boolean {
  return type === "HTTP" ? a === b : a.toLowerCase() === b.toLowerCase();
}

function lastPart(idOrArn: string): string {
  return idOrArn.slice(idOrArn.lastIndexOf("/") + 1);
}
