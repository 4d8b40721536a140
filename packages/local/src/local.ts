import { type Api, startApi } from "./api/api.ts";
import { Throttle } from "./api/throttle.ts";
import { type Dns, startDns } from "./dns/dns.ts";
import { Endings } from "./endings.ts";
import { environment, type Place } from "./environment.ts";
import { HostsFiles } from "./hosts-files.ts";
import { type ManagedMetadata, type Metadata, type NewTask, startMetadata } from "./metadata/metadata.ts";
import type { LocalOptions, LocalServiceOptions, NewInstance } from "./options.ts";
import type { Part } from "./part.ts";
import { type AddressMode, detectMode } from "./proxy/addresses.ts";
import { createProxy, type ManagedProxy, type ServiceConnectProxy } from "./proxy/proxy.ts";
import type { Service } from "./registry/model.ts";
import { Registry } from "./registry/registry.ts";
import { findService, registerInstance, setUp } from "./services.ts";
import { type Settled, settle } from "./settle.ts";
import { settleInstance, settleService } from "./settle-service.ts";
import { type LocalInstance, type LocalTask, type TaskAnswer, taskListener } from "./task.ts";
import { oneOf, onlyKeys, someText, wrong } from "./wrong.ts";

/** Local: the AWS side of service discovery on loopback, for one test or one laptop. */
export interface Local extends AsyncDisposable {
  /** Cloud Map's API. */
  readonly api: Api;
  /** The DNS server of the VPC. */
  readonly dns: Dns;
  /** Service Connect's proxy. */
  readonly proxy: ServiceConnectProxy;
  /** The metadata endpoints of tasks and functions. */
  readonly metadata: Metadata;
  /** The hosts file of the newest deployment, as a path. A file never changes; `deploy` writes a new one. */
  readonly hostsFile: string;
  /**
   * The environment for a process that is to believe it runs at this place: endpoint, region and credentials for the
   * AWS SDK, the DNS server, the hosts file and the metadata endpoint. Give it to a child process, or to
   * createByname's second argument as `{ env }`. Every call begins a task or function of its own.
   * @param place default "ecs"
   */
  env(place?: Place, task?: NewTask): Record<string, string>;
  /** Adds a service. Its alias can be called after the next `deploy`. */
  addService(key: string, options?: LocalServiceOptions): Promise<void>;
  /** Registers an instance of the service with this key. Resolves once it can be seen. */
  register(service: string, instance: NewInstance): Promise<LocalInstance>;
  /**
   * Registers an instance that answers: `await local.serve("orders", "hello")` is a server on a free port, registered.
   * @param answer a text, or a listener as `createServer` of node:http takes it.
   */
  serve(service: string, answer: TaskAnswer, instance?: NewInstance): Promise<LocalTask>;
  /** A deployment of the callers: tasks started from now on see the aliases that exist now. Resolves with its hosts file. */
  deploy(): Promise<string>;
  /** Ends every fault of every part. */
  mend(): void;
  /** Frees every address and removes the hosts files, also of what is under way. Nothing can be begun after that. */
  close(): Promise<void>;
}

/** Milliseconds until a task that does not answer counts as unreachable. Envoy's default is 5 s. */
const connectTimeout = 5_000;

/** Starts all four parts. Their ports are free ones, so that any number can run side by side. */
export async function startLocal(options: LocalOptions = {}): Promise<Local> {
  return openLocal(options, await detectMode());
}

/** `startLocal` with the addresses of aliases of this kind; for tests of the kind that this machine would not take. */
export async function openLocal(options: LocalOptions, mode: AddressMode): Promise<Local> {
  const settled = settle(options);
  const registry = new Registry(settled);
  const proxy = createProxy(registry, { mode, now: () => performance.now(), connectTimeout });
  for (const [key, service] of Object.entries(settled.services)) {
    setUp(registry, proxy, settleService(key, service, settled.namespace));
  }
  const endings = new Endings();
  try {
    const started = await startParts(settled, registry, proxy, endings);
    const local = new Running(settled, registry, proxy, started, endings);
    await local.deploy();
    return local;
  } catch (error) {
    await endings.run();
    throw error;
  }
}

interface Started {
  readonly api: Api;
  readonly dns: Dns;
  readonly metadata: ManagedMetadata;
  readonly hosts: HostsFiles;
}

async function startParts(
  { account, region, buckets }: Settled,
  registry: Registry,
  proxy: ManagedProxy,
  endings: Endings,
): Promise<Started> {
  const throttle = buckets && new Throttle(buckets, () => performance.now());
  endings.add(() => registry.close());
  const hosts = await HostsFiles.create(region);
  endings.add(() => hosts.remove());
  endWith(endings, "proxy", proxy);
  const api = endWith(endings, "api", await startApi(registry, throttle));
  const dns = endWith(endings, "dns", await startDns(registry));
  const metadata = endWith(endings, "metadata", await startMetadata(account, region));
  return { api, dns, metadata, hosts };
}

/** Stops the part at the end, and lets nobody start it again. */
function endWith<P extends Part<unknown>>(endings: Endings, name: string, part: P): P {
  endings.add(() => part.stop());
  const { start } = part;
  return Object.assign(part, {
    async start() {
      endings.checkOpen(`${name}.start`);
      await start();
    },
  });
}

class Running implements Local {
  readonly api: Api;
  readonly dns: Dns;
  readonly proxy: ManagedProxy;
  readonly metadata: ManagedMetadata;
  readonly #settled: Settled;
  readonly #registry: Registry;
  readonly #hosts: HostsFiles;
  readonly #endings: Endings;

  constructor(settled: Settled, registry: Registry, proxy: ManagedProxy, started: Started, endings: Endings) {
    this.api = started.api;
    this.dns = started.dns;
    this.proxy = proxy;
    this.metadata = started.metadata;
    this.#settled = settled;
    this.#registry = registry;
    this.#hosts = started.hosts;
    this.#endings = endings;
  }

  get hostsFile(): string {
    return this.#hosts.newest;
  }

  env(place: Place = "ecs", task: NewTask = {}): Record<string, string> {
    oneOf("env", place, ["ecs", "lambda", "host"]);
    onlyKeys("env", task, ["service", "zone", "zoneId"]);
    for (const [key, value] of Object.entries(task)) someText(`env.${key}`, value, "eu-west-1a");
    const { region, namespace } = this.#settled;
    const { api, dns, proxy, metadata } = this;
    return environment({ api, dns, proxy, metadata, hosts: this.#hosts, region, namespace }, place, task);
  }

  async addService(key: string, options: LocalServiceOptions = {}): Promise<void> {
    this.#endings.checkOpen("addService");
    setUp(this.#registry, this.proxy, settleService(key, options, this.#settled.namespace));
  }

  async register(name: string, instance: NewInstance): Promise<LocalInstance> {
    this.#endings.checkOpen("register");
    const registry = this.#registry;
    const service = this.#service("register", name);
    const where = `register("${name}")`;
    const settled = settleInstance(where, instance, service.healthCheck);
    await registerInstance(registry, service, settled, where);
    return {
      id: settled.id,
      deregister: async () => registry.deregister(service.id, settled.id).done,
      setHealth: async (health) => {
        oneOf("setHealth", health, ["HEALTHY", "UNHEALTHY"]);
        await registry.setHealth(service.id, settled.id, health);
      },
    };
  }

  async serve(name: string, answer: TaskAnswer, instance: NewInstance = {}): Promise<LocalTask> {
    this.#endings.checkOpen("serve");
    const where = `serve("${name}")`;
    settleInstance(where, instance, this.#service("serve", name).healthCheck);
    const server = taskListener(where, answer, instance);
    this.#endings.add(() => server.close());
    await server.open();
    this.#endings.checkOpen("serve");
    const { port } = server;
    const registered = await this.register(name, { ...instance, port }).catch(async (error) => {
      await server.close();
      throw error;
    });
    const comeBack = async () => {
      this.#endings.checkOpen("start");
      await server.open();
    };
    return { ...registered, port, stop: () => server.close(), start: comeBack };
  }

  async deploy(): Promise<string> {
    this.#endings.checkOpen("deploy");
    // However it ends: that the proxy was stopped meanwhile is not what there is to know.
    const entries = await this.proxy.deploy().finally(() => this.#endings.checkOpen("deploy"));
    return this.#hosts.add(entries);
  }

  mend(): void {
    for (const part of [this.api, this.dns, this.proxy, this.metadata]) part.mend();
  }

  close(): Promise<void> {
    return this.#endings.run();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #service(what: string, name: string): Service {
    const found = findService(this.#registry, name);
    if (found) return found;
    const names = [...this.#registry.view.services.values()].map(({ key, name }) => key ?? name);
    throw wrong(what, name, names.length > 0 ? `one of ${names.join(", ")}` : "addService first");
  }
}
