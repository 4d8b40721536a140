import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Byname } from "byname";
import { inWords } from "./errors.ts";
import type { LambdaFunction } from "./lambda/function.ts";
import type { Order, Wish } from "./services/shop.ts";

/** What became of the orders. */
export interface Count {
  placed: number;
  /** Those that failed, with why. */
  readonly lost: string[];
  /** Sent once more, as an impatient customer does; and how many of these were placed a second time. */
  repeated: number;
  doubled: number;
  /** The longest that one order took, in milliseconds. */
  slowest: number;
}

/** Milliseconds between two orders of the same customer, and between two invocations. */
const rest = { customer: 250, subscription: 400 };

/**
 * Traffic: customers who look at the storefront and order, and a subscription that the function renews. Nobody here
 * tries anything twice: what fails is lost.
 */
export class Traffic {
  readonly count: Count = { placed: 0, lost: [], repeated: 0, doubled: 0, slowest: 0 };
  readonly #byname: Byname;
  readonly #renewals: LambdaFunction;
  readonly #end = new AbortController();
  #loops: Promise<void>[] = [];

  constructor(byname: Byname, renewals: LambdaFunction) {
    this.#byname = byname;
    this.#renewals = renewals;
  }

  start(): void {
    this.#loops = [
      this.#repeat(rest.customer, () => this.#visit("ada", "lamp")),
      this.#repeat(rest.customer, () => this.#visit("grace", "mug")),
      this.#repeat(rest.subscription, () => this.#renew()),
    ];
  }

  /** Done when every order under way has its outcome. */
  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#loops);
  }

  async #repeat(rest: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await work();
      await pause(rest, undefined, { signal }).catch(() => {});
    }
  }

  #visit(user: string, sku: string): Promise<void> {
    const id = randomUUID();
    return this.#order(async () => {
      await this.#ask(`/home/${user}`);
      const order = await this.#checkOut(id, { user, sku, quantity: 1 });
      if (this.count.placed % 10 === 9) await this.#again(order);
    });
  }

  #renew(): Promise<void> {
    return this.#order(() =>
      this.#renewals.invoke({ order: randomUUID(), user: "linus", sku: "pen", quantity: 2 }),
    );
  }

  async #order(place: () => Promise<unknown>): Promise<void> {
    const started = performance.now();
    try {
      await place();
      this.count.placed += 1;
      this.count.slowest = Math.max(this.count.slowest, performance.now() - started);
    } catch (error) {
      this.count.lost.push(inWords(error));
    }
  }

  async #checkOut(id: string, wish: Wish): Promise<Order & { status: number }> {
    const { status, body } = await this.#ask(`/checkout/${id}`, {
      method: "PUT",
      body: JSON.stringify(wish),
    });
    return { ...(body as Order), status };
  }

  async #again({ id, user, sku, quantity }: Order): Promise<void> {
    const { status } = await this.#checkOut(id, { user, sku, quantity });
    this.count.repeated += 1;
    if (status === 201) this.count.doubled += 1;
  }

  async #ask(path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
    const signal = AbortSignal.timeout(30_000);
    const response = await this.#byname.fetch(`http://storefront${path}`, { ...init, signal });
    const body = await response.json();
    if (!response.ok) throw new Error(`${path.split("/")[1]}: ${response.status} ${JSON.stringify(body)}`);
    return { status: response.status, body };
  }
}
