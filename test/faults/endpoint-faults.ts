import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { type Byname, createByname } from "../../src/byname.ts";
import { type Clock, systemClock } from "../../src/ground/clock.ts";
import type { ServiceOptions } from "../../src/ground/options.ts";
import type { Answer } from "../../src/ground/source.ts";
import { type BlackHole, blackHole } from "../support/black-hole.ts";
import { endpoints, FakeSource } from "../support/fake-source.ts";
import { type Handle, type Loopback, loopback } from "../support/loopback.ts";
import type { CertificateName } from "../support/tls/certificates.ts";
import type { Fault, Scene } from "./fault.ts";
import { closes, endsAfter, hangs, nobody, resets, says, well } from "./tasks.ts";

/** Faults of a service's own tasks, called directly. Where one is at fault it is the first to be tried, and the other is well. */
export const endpointFaults: readonly Fault[] = [
  {
    name: "One task refuses connections",
    remedy: "another task is tried at once",
    arrange: async (parts) => around(parts, [await nobody()], [await task(parts, well)]),
    fate: { sees: 200, reached: 1, attempts: 2 },
  },
  {
    name: "One task's address does not answer at all",
    remedy: "after 250 ms another task is tried as well, and the first connection counts",
    arrange: async (parts) => around(parts, [await silence()], [await task(parts, well)]),
    fate: { sees: 200, reached: 1, attempts: 2 },
  },
  {
    name: "One task resets the connection before its answer",
    remedy: "another task is tried at once, where the request may be repeated",
    arrange: (parts) => oneOfTwo(parts, resets),
    fate: { sees: 200, reached: 2, attempts: 2 },
    unrepeated: { sees: "BYNAME_REQUEST", because: "ECONNRESET", reached: 1, attempts: 1 },
  },
  {
    name: "One task closes the connection before its answer",
    remedy: "another task is tried at once, where the request may be repeated",
    arrange: (parts) => oneOfTwo(parts, closes),
    fate: { sees: 200, reached: 2, attempts: 2 },
    unrepeated: { sees: "BYNAME_REQUEST", because: "UND_ERR_SOCKET", reached: 1, attempts: 1 },
  },
  {
    name: "A task is lost after its answer's headers",
    remedy: "nothing: the caller has the answer already",
    arrange: (parts) => oneOfTwo(parts, endsAfter(0)),
    fate: { sees: "cut", because: "UND_ERR_SOCKET", reached: 1, attempts: 1 },
  },
  {
    name: "A task sends half a body",
    remedy: "nothing: the caller has the answer already",
    arrange: (parts) => oneOfTwo(parts, endsAfter(5)),
    fate: { sees: "cut", because: "UND_ERR_SOCKET", reached: 1, attempts: 1 },
  },
  {
    name: "One task is slower than `attemptTimeout`",
    remedy: "another task is tried, where the request may be repeated",
    arrange: (parts) => oneOfTwo(parts, hangs, { request: { attemptTimeout: 200 } }),
    fate: { sees: 200, reached: 2, attempts: 2 },
    unrepeated: { sees: "BYNAME_REQUEST", because: "BYNAME_ATTEMPT_TIMEOUT", reached: 1, attempts: 1 },
  },
  {
    name: "A task is slower than the deadline",
    remedy: "it is waited for until `timeout`",
    arrange: (parts) => oneOfTwo(parts, hangs, { request: { timeout: 200 } }),
    fate: { sees: "BYNAME_DEADLINE", reached: 1, attempts: 1 },
  },
  {
    name: "One task says 503",
    remedy: "another task is tried, where the request may be repeated",
    arrange: (parts) => oneOfTwo(parts, says(503)),
    fate: { sees: 200, reached: 2, attempts: 2 },
    unrepeated: { sees: 503, reached: 1, attempts: 1 },
  },
  {
    name: "One task says 503 with `Retry-After: 1`",
    remedy: "another task is tried after that second, where the request may be repeated",
    arrange: (parts) => oneOfTwo(parts, says(503, { "retry-after": "1" }), { clock: tenfold }),
    fate: { sees: 200, reached: 2, attempts: 2, notBefore: 1_000 / 10 },
    unrepeated: { sees: 503, reached: 1, attempts: 1 },
  },
  {
    name: "One task says 503 with a `Retry-After` beyond the deadline",
    remedy: "the caller gets the answer at once",
    arrange: (parts) => oneOfTwo(parts, says(503, { "retry-after": "60" })),
    fate: { sees: 503, reached: 1, attempts: 1 },
  },
  {
    name: "One task says 504",
    remedy: "as for 503; 502 is the same",
    arrange: (parts) => oneOfTwo(parts, says(504)),
    fate: { sees: 200, reached: 2, attempts: 2 },
    unrepeated: { sees: 504, reached: 1, attempts: 1 },
  },
  {
    name: "Every task says 503",
    remedy: "two more attempts, where the request may be repeated; then the caller gets the answer",
    arrange: async (parts) => around(parts, [await task(parts, says(503)), await task(parts, says(503))]),
    fate: { sees: 503, reached: 3, attempts: 3 },
    unrepeated: { sees: 503, reached: 1, attempts: 1 },
  },
  {
    name: "A task says 500",
    remedy: "nothing: another task would say the same",
    arrange: (parts) => oneOfTwo(parts, says(500)),
    fate: { sees: 500, reached: 1, attempts: 1 },
  },
  {
    name: "One task shows a certificate for another name",
    remedy: "another task is tried at once: nothing was sent",
    async arrange(parts) {
      const wrong = await task(parts, well, "localhost");
      return { ...around(parts, [wrong], [await task(parts, well, "orders")]), url: "https://orders/" };
    },
    fate: { sees: 200, reached: 1, attempts: 2 },
  },
  {
    name: "Every task shows a certificate for another name",
    remedy: "two more attempts; nothing is sent",
    async arrange(parts) {
      const wrong = await task(parts, well, "localhost");
      return { ...around(parts, [wrong]), url: "https://orders/" };
    },
    fate: { sees: "BYNAME_REQUEST", because: "ERR_TLS_CERT_ALTNAME_INVALID", reached: 0, attempts: 3 },
  },
  {
    name: "Every task refuses connections",
    remedy: "every other source is asked; each of two tasks is tried, then two attempts more",
    arrange: async (parts) => around(parts, [await nobody(), await nobody()]),
    fate: { sees: "BYNAME_REQUEST", because: "ECONNREFUSED", reached: 0, attempts: 4 },
  },
  {
    name: "Every task that a source gave refuses connections, and the next source knows another",
    remedy: "the next source's tasks are tried at once",
    async arrange(parts) {
      const other = await task(parts, well);
      const scene = around(parts, [await nobody(), await nobody()], [], { next: [other] });
      return { ...scene, tasks: [other] };
    },
    fate: { sees: 200, reached: 1, attempts: 3 },
  },
  {
    name: "No task's address answers at all",
    remedy: "connecting is given up after 2 s, and tried twice more",
    arrange: async (parts) => around(parts, [await silence()], [], { clock: tenfold }),
    fate: { sees: "BYNAME_REQUEST", because: "UND_ERR_CONNECT_TIMEOUT", reached: 0, attempts: 3 },
  },
  {
    name: "The only task was replaced, and looking up the new one takes a while",
    remedy: "the lookup is waited for",
    arrange: async (parts) => replaced(parts, await nobody(), 100),
    fate: { sees: 200, reached: 1, attempts: 2 },
  },
  {
    name: "The only task was replaced, and its address does not answer at all",
    remedy: "it is looked up again after 250 ms, and the new task is tried as well",
    arrange: async (parts) => replaced(parts, await silence(), 0),
    fate: { sees: 200, reached: 1, attempts: 2 },
  },
  {
    name: "Every task resets the connection before its answer",
    remedy: "two more attempts, where the request may be repeated",
    arrange: async (parts) => around(parts, [await task(parts, resets), await task(parts, resets)]),
    fate: { sees: "BYNAME_REQUEST", because: "ECONNRESET", reached: 3, attempts: 3 },
    unrepeated: { sees: "BYNAME_REQUEST", because: "ECONNRESET", reached: 1, attempts: 1 },
  },
];

let hole: Promise<BlackHole> | undefined;

/** Where nobody ever answers: one place for all of the table, since being called does not change it. */
function silence(): Promise<BlackHole> {
  hole ??= blackHole();
  return hole;
}

export async function closeSilence(): Promise<void> {
  await (await hole)?.[Symbol.asyncDispose]();
}

interface Place {
  readonly address: string;
  readonly port: number;
}

type Extra = Pick<ServiceOptions, "request"> & {
  /** What a second source gives. */
  readonly next?: readonly Place[];
  readonly clock?: Clock;
};

/** Its waits take a tenth of their time. */
const tenfold: Clock = {
  ...systemClock,
  after: (ms, run, keepsAlive) => systemClock.after(ms / 10, run, keepsAlive),
};

async function task(
  parts: AsyncDisposableStack,
  handle: Handle,
  certificate?: CertificateName,
): Promise<Loopback> {
  return parts.use(await loopback(handle, certificate ? { certificate } : {}));
}

async function oneOfTwo(parts: AsyncDisposableStack, faulty: Handle, extra?: Extra): Promise<Scene> {
  return around(parts, [await task(parts, faulty)], [await task(parts, well)], extra);
}

/** An instance whose first attempt goes to the first of `first`, and whose second one to what comes after it. */
function around(
  parts: AsyncDisposableStack,
  first: readonly Place[],
  then: readonly Place[] = [],
  extra: Extra = {},
): Scene {
  const found = [...then, ...first];
  const sources = [sourceAt("first", found), ...(extra.next ? [sourceAt("next", extra.next)] : [])];
  const tasks = found.filter((place): place is Loopback => "seen" in place);
  return { byname: instance(parts, sources, extra), tasks };
}

/** A service whose new task is only found by a second lookup, which takes so many milliseconds. */
async function replaced(parts: AsyncDisposableStack, gone: Place, ms: number): Promise<Scene> {
  const newcomer = await task(parts, well);
  const source = sourceAt("first", [gone]);
  const byname = instance(parts, [source]);
  await byname.resolve("orders");
  source.always = undefined;
  const meanwhile = async () => {
    while (source.open.length === 0) await turn();
    await pause(ms);
    source.answer(answer([newcomer]));
  };
  return { byname, tasks: [newcomer], meanwhile };
}

function instance(
  parts: AsyncDisposableStack,
  sources: readonly FakeSource[],
  { request = {}, clock = systemClock }: Extra = {},
): Byname {
  const services = { orders: { balance: "roundRobin" as const, request } };
  // Taking turns begins with the second of the list, unless chance has a say.
  const surroundings = { env: {}, random: () => 0, clock };
  const byname = createByname({ services, sources, allow: ["127.0.0.0/8"] }, surroundings);
  parts.defer(() => byname.destroy());
  return byname;
}

function sourceAt(name: string, places: readonly Place[]): FakeSource {
  const source = new FakeSource(name);
  source.always = answer(places);
  return source;
}

function answer(places: readonly Place[]): Answer {
  return endpoints(60_000, ...places.map(({ address, port }) => ({ address, port })));
}
