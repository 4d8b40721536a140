import {
  type Local,
  type LocalServiceOptions,
  type Place,
  startLocal,
} from "../../packages/local/src/index.ts";
import { type Byname, createByname } from "../../src/byname.ts";
import { systemClock } from "../../src/ground/clock.ts";
import type { BynameOptions, ServiceOptions } from "../../src/ground/options.ts";
import { type Handle, type Loopback, loopback } from "../support/loopback.ts";
import { well } from "./tasks.ts";

/** Aws: the AWS side of one service `orders` with one task, and an instance that stands in it. */
export interface Aws {
  readonly local: Local;
  readonly task: Loopback;
  readonly byname: Byname;
  /** Lets wall time pass, which stands still otherwise. */
  skip(ms: number): void;
}

export interface AwsOptions {
  readonly place?: Place;
  /** How the task behaves. */
  readonly handle?: Handle;
  readonly service?: LocalServiceOptions;
  /** Its entry in the catalog. */
  readonly entry?: ServiceOptions;
  /** Whether the catalog has a fixed address of the task as well. */
  readonly isFixed?: boolean;
  readonly resolve?: BynameOptions["resolve"];
}

export async function aws(parts: AsyncDisposableStack, options: AwsOptions = {}): Promise<Aws> {
  const {
    place = "lambda",
    handle = well,
    service = {},
    entry = {},
    isFixed = false,
    resolve = {},
  } = options;
  const task = parts.use(await loopback(handle));
  const orders = { instances: [{ port: task.port }], ...service };
  const local = parts.use(await startLocal({ services: { orders } }));
  let now = Date.now();
  const clock = { ...systemClock, now: () => now };
  const fixed = isFixed ? { fixed: `http://127.0.0.1:${task.port}` } : {};
  const byname = createByname(
    { services: { orders: { ...entry, ...fixed } }, resolve },
    { env: local.env(place), random: () => 0, clock },
  );
  parts.defer(() => byname.destroy());
  const skip = (ms: number) => {
    now += ms;
  };
  return { local, task, byname, skip };
}
