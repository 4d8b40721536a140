import { type Local, type LocalInstance, startLocal } from "@byname/local";
import { digBlackHole } from "./black-hole.ts";
import { type Endpoints, type Protocol, startEndpoints } from "./endpoints.ts";

/**
 * Fleet: the endpoints of one service and their records in a zone. Both change as they do in ECS: a task is
 * registered once it listens, and is stopped without waiting for records that callers may still hold
 * (https://github.com/aws/containers-roadmap/issues/343).
 */
export class Fleet implements AsyncDisposable {
  readonly #local: Local;
  readonly #endpoints: Endpoints;
  readonly #members: Member[] = [];
  readonly #holes: AsyncDisposable[] = [];
  #started = 0;
  #port = 0;

  private constructor(local: Local, endpoints: Endpoints) {
    this.#local = local;
    this.#endpoints = endpoints;
  }

  static async start(protocol: Protocol, count: number): Promise<Fleet> {
    const dns = { records: ["A" as const], ttl: 1 };
    const local = await startLocal({ namespace: "sd.local", services: { orders: { dns } } });
    const fleet = new Fleet(local, startEndpoints(protocol));
    try {
      for (let added = 0; added < count; added++) await fleet.add();
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where a caller finds it. */
  get where(): Where {
    return { host: "orders.sd.local", port: this.#port, dns: this.#local.dns.address };
  }

  async add(): Promise<void> {
    this.#started += 1;
    const address = `127.0.1.${this.#started}`;
    this.#port = await this.#endpoints.open(address, this.#port);
    const instance = await this.#local.register("orders", { address, port: this.#port });
    this.#members.push({ address, instance });
  }

  /** The oldest one is deregistered and stops. */
  async retire(): Promise<void> {
    const { address, instance } = this.#members.shift()!;
    await instance.deregister();
    await this.#endpoints.stop(address);
  }

  /** One of them takes this long for an answer, in milliseconds. */
  slow(ms: number): Promise<void> {
    return this.#endpoints.slow(this.#members[0]!.address, ms);
  }

  /** One of them dies and refuses connections, and its record stays. */
  die(): Promise<void> {
    return this.#endpoints.kill(this.#members.shift()!.address);
  }

  /** One of them dies, and its address does not answer any more; its record stays. */
  async vanish(): Promise<void> {
    const { address } = this.#members.shift()!;
    await this.#endpoints.kill(address);
    this.#holes.push(await digBlackHole(address, this.#port));
  }

  counts(): Promise<Readonly<Record<string, number>>> {
    return this.#endpoints.counts();
  }

  /** The addresses of those that are registered and alive. */
  get addresses(): string[] {
    return this.#members.map(({ address }) => address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const hole of this.#holes) await hole[Symbol.asyncDispose]();
    await this.#endpoints[Symbol.asyncDispose]();
    await this.#local.close();
  }
}

interface Member {
  readonly address: string;
  readonly instance: LocalInstance;
}

export interface Where {
  readonly host: string;
  readonly port: number;
  /** The DNS server, as `host:port`. */
  readonly dns: string;
}
