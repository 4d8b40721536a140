import { registerByname } from "@byname/grpc";
import type { ChannelOptions } from "@grpc/grpc-js";
import { type Answer, type Byname, createByname, type FoundEndpoint } from "byname";
import { FakeClock } from "./fake-clock.ts";
import { endpoints, FakeSource } from "./fake-source.ts";
import { type GrpcClient, type GrpcTask, grpcClient, grpcTask } from "./grpc.ts";

/** How long the source's answers are fresh, in milliseconds. */
export const ttl = 10_000;

/** GrpcWorld: an instance with a source and a clock of the test's, registered with grpc-js; tasks and clients that end with it. */
export class GrpcWorld implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly source = new FakeSource("fake");
  readonly byname: Byname;
  readonly #stack = new AsyncDisposableStack();

  constructor(answer: Answer = endpoints(ttl)) {
    this.source.always = answer;
    const options = { sources: [this.source], services: { orders: {} }, allow: ["127.0.0.0/8"] };
    this.byname = createByname(options, { clock: this.clock, env: {}, random: () => 0 });
    this.#stack.defer(() => this.byname.destroy());
    registerByname(this.byname);
  }

  async task(...args: Parameters<typeof grpcTask>): Promise<GrpcTask> {
    return this.#stack.use(await grpcTask(...args));
  }

  client(target = "byname:///orders", options: ChannelOptions = {}, tls = false): GrpcClient {
    return this.#stack.use(grpcClient(target, options, { tls }));
  }

  /** What the source says from now on. */
  says(...answer: (FoundEndpoint | FoundEndpoint[])[]): void {
    this.source.always = endpoints(
      ttl,
      ...answer.flat().map(({ address, port }) => ({ address, port: port! })),
    );
  }

  /** Lets what is known grow old, so that byname asks again. */
  async renew(): Promise<void> {
    await this.clock.advance(ttl);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Asks on and on until exactly these tasks answer in turn. */
export async function answersFrom(client: GrpcClient, ...tasks: string[]): Promise<void> {
  const wanted = tasks.sort().join();
  for (;;) {
    const round = new Set<string>();
    for (let i = 0; i < tasks.length * 3; i++) round.add((await client.ask()).task);
    if ([...round].sort().join() === wanted) return;
  }
}

/** The error of a call that fails. */
export async function failureOf(client: GrpcClient): Promise<{ code: number; details: string }> {
  const outcome = await client.ask().catch((error) => error);
  if (!(outcome instanceof Error)) throw new Error(`${outcome.task} answered`);
  return outcome as Error & { code: number; details: string };
}

/** Asks on and on until calls fail. */
export async function untilFails(client: GrpcClient): Promise<{ code: number; details: string }> {
  for (;;) {
    const outcome = await client.ask().catch((error) => error);
    if (outcome instanceof Error) return outcome as Error & { code: number; details: string };
  }
}
