import { join } from "node:path";
import type { Local, LocalInstance } from "@byname/local";
import { type Child, type Env, endChild, type OnHappening, startChild } from "./child.ts";

/** One running instance of a service, that can be found. */
export interface Task {
  readonly service: string;
  readonly port: number;
  readonly pid: number;
}

interface Running extends Task {
  readonly zone: string;
  readonly child: Child;
  readonly instance: LocalInstance;
}

/** Fleet: the tasks of all services, as ECS keeps them: started, registered, replaced, and put back when one dies. */
export class Fleet {
  readonly #local: Local;
  readonly #data: string;
  readonly #onHappening: OnHappening;
  readonly #children = new Set<Child>();
  readonly #running = new Set<Running>();
  /** Dead, and registered all the same. */
  readonly #lost = new Set<Running>();
  readonly #envs: Readonly<Record<string, Env>>;
  #isOver = false;

  /**
   * @param data a folder for the services' databases.
   * @param envs what a service's environment has besides, by service.
   */
  constructor(
    local: Local,
    data: string,
    onHappening: OnHappening,
    envs: Readonly<Record<string, Env>> = {},
  ) {
    this.#local = local;
    this.#data = data;
    this.#onHappening = onHappening;
    this.#envs = envs;
  }

  tasks(service?: string): Task[] {
    return [...this.#running].filter((task) => service === undefined || task.service === service);
  }

  /** Two tasks, one in each zone. Done when both answer and can be found. */
  async start(service: string): Promise<void> {
    await Promise.all(["a", "b"].map((zone) => this.#startTask(service, `eu-west-1${zone}`)));
  }

  /**
   * A deployment: new tasks first; then the old ones are not found any more, but answer on for a while.
   * @param drain milliseconds that old tasks answer on.
   */
  async replace(service: string, drain: number): Promise<void> {
    const old = [...this.#running].filter((task) => task.service === service);
    await this.start(service);
    await Promise.all(old.map((task) => this.#retire(task)));
    setTimeout(() => {
      for (const { child } of old) void endChild(child, "SIGTERM");
    }, drain).unref();
  }

  /** One task dies, and nobody notices: it can be found until `recover`. */
  async lose(service: string): Promise<void> {
    const task = [...this.#running].find((task) => task.service === service);
    if (!task) return;
    this.#running.delete(task);
    this.#lost.add(task);
    await endChild(task.child, "SIGKILL");
  }

  /** New tasks in place of those that were lost. */
  async recover(service: string): Promise<void> {
    for (const task of [...this.#lost].filter((task) => task.service === service)) {
      await this.#startTask(service, task.zone);
      this.#lost.delete(task);
      await this.#retire(task);
    }
  }

  /** Ends every process, retired ones too. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#children].map((child) => endChild(child, "SIGTERM")));
  }

  async #startTask(service: string, zone: string): Promise<void> {
    // With what Node compiled before, a service starts in two thirds of the time.
    const cache = join(this.#data, "compiled");
    const where = { HOST: "127.0.0.1", PORT: "0", STORE_DATA: this.#data };
    const how = { NODE_ENV: "production", NODE_COMPILE_CACHE: cache };
    const env = { ...this.#local.env("ecs", { service, zone }), ...where, ...how, ...this.#envs[service] };
    const child = startChild(service, `./services/${service}.ts`, env, this.#onHappening);
    this.#children.add(child);
    child.process.once("exit", () => this.#children.delete(child));
    const port = await child.listening;
    await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(30_000) });
    const instance = await this.#local.register(service, { port, zone });
    const task = { service, zone, port, pid: child.process.pid!, child, instance };
    this.#running.add(task);
    child.process.once("exit", () => void this.#putBack(task));
  }

  async #retire(task: Running): Promise<void> {
    this.#running.delete(task);
    await task.instance.deregister();
  }

  /** For a task that ended without having been told to. */
  async #putBack(task: Running): Promise<void> {
    if (this.#isOver || !this.#running.has(task)) return;
    await this.#retire(task);
    await this.#startTask(task.service, task.zone).catch((error) => {
      if (!this.#isOver) throw error;
    });
  }
}
