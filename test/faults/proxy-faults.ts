import { setImmediate as turn } from "node:timers/promises";
import type { Fault as LocalFault } from "../../packages/local/src/index.ts";
import { type Aws, type AwsOptions, aws } from "./aws.ts";
import type { Fault, Scene } from "./fault.ts";
import { resets, says } from "./tasks.ts";

/** Faults on the way through Service Connect's proxy, which balances and retries by itself. */
export const proxyFaults: readonly Fault[] = [
  {
    name: "The proxy refuses connections",
    remedy: "the next source is asked, and its tasks are called directly",
    arrange: (parts) => inTask(parts, ({ local }) => local.proxy.stop()),
    fate: { sees: 200, reached: 1, attempts: 2 },
  },
  {
    name: "The proxy refuses connections, and nothing else knows the service",
    remedy: "two more attempts",
    arrange: (parts) =>
      inTask(
        parts,
        alone(({ local }) => local.proxy.stop()),
      ),
    fate: { sees: "BYNAME_REQUEST", because: "ECONNREFUSED", reached: 0, attempts: 3 },
  },
  {
    name: "The proxy has no healthy upstream",
    remedy: "the next source is asked, and its tasks are called directly",
    arrange: (parts) => inTask(parts, answering({ error: "noHealthyUpstream" })),
    fate: { sees: 200, reached: 1, attempts: 2 },
  },
  {
    name: "The proxy has no healthy upstream, and nothing else knows the service",
    remedy: "the caller gets the proxy's answer",
    arrange: (parts) => inTask(parts, alone(answering({ error: "noHealthyUpstream" }))),
    fate: { sees: 503, reached: 0, attempts: 1 },
  },
  {
    name: "The proxy could not connect to a task, and tried once",
    remedy: "the next source is asked, and its tasks are called directly",
    arrange: (parts) => inTask(parts, answering({ error: "connectFailure" })),
    fate: { sees: 200, reached: 1, attempts: 2 },
  },
  {
    name: "The proxy could not connect to any task, and had tried more than once",
    remedy:
      "the next source is asked, where the request may be repeated: the proxy tells of its last try only",
    arrange: (parts) => inTask(parts, answering({ address: "127.0.0.99" })),
    fate: { sees: 200, reached: 1, attempts: 2 },
    unrepeated: { sees: 503, reached: 0, attempts: 1 },
  },
  {
    name: "A task behind the proxy says 503",
    remedy: "nothing more than the proxy's own two retries",
    arrange: (parts) => inTask(parts, () => {}, { handle: says(503) }),
    fate: { sees: 503, reached: 3, attempts: 1 },
  },
  {
    name: "A task behind the proxy says 503 in the proxy's words",
    remedy: "nothing more than the proxy's own two retries: the proxy marks what a task has said",
    arrange: (parts) =>
      inTask(parts, () => {}, { handle: says(503, { server: "envoy" }, "no healthy upstream") }),
    fate: { sees: 503, reached: 3, attempts: 1 },
  },
  {
    name: "A task behind the proxy resets the connection",
    remedy: "nothing: the task may have done its work",
    arrange: (parts) => inTask(parts, () => {}, { handle: resets }),
    fate: { sees: 503, reached: 1, attempts: 1 },
  },
  {
    name: "The proxy's circuit breaker is open",
    remedy: "nothing: going around it would defeat it",
    arrange: (parts) => inTask(parts, answering({ throttle: true })),
    fate: { sees: 503, reached: 0, attempts: 1 },
  },
  {
    name: "The proxy's time limit is over",
    remedy: "nothing: a task may be at work",
    arrange: (parts) => inTask(parts, answering({ error: "timeout" })),
    fate: { sees: 504, reached: 0, attempts: 1 },
  },
  {
    name: "The proxy dies under a request",
    remedy: "it is tried once more, then the next source is asked, where the request may be repeated",
    arrange: (parts) => inTask(parts, answering({ drop: true }), { dies: true }),
    fate: { sees: 200, reached: 1, attempts: 3 },
    unrepeated: { sees: "BYNAME_REQUEST", because: "UND_ERR_SOCKET", reached: 0, attempts: 1 },
  },
  {
    name: "The proxy passes half a body on",
    remedy: "nothing: the caller has the answer already",
    arrange: (parts) => inTask(parts, answering({ half: true })),
    fate: { sees: "cut", because: "UND_ERR_SOCKET", reached: 1, attempts: 1 },
  },
  {
    name: "The proxy refuses connections, and so do the tasks",
    remedy: "each source is left for the next one; two more attempts at the first",
    arrange: (parts) =>
      inTask(parts, async ({ local, task }) => {
        await Promise.all([local.proxy.stop(), task.close()]);
      }),
    fate: { sees: "BYNAME_REQUEST", because: "ECONNREFUSED", reached: 0, attempts: 5 },
  },
];

type Break = (aws: Aws) => unknown;

/** An instance in a task of the mesh, for which something breaks before its first request. */
async function inTask(
  parts: AsyncDisposableStack,
  breaks: Break,
  { dies = false, ...options }: AwsOptions & { dies?: boolean } = {},
): Promise<Scene> {
  const around = await aws(parts, {
    place: "ecs",
    entry: { port: 8080 },
    service: { serviceConnect: { port: 8080 } },
    ...options,
  });
  await breaks(around);
  const { byname, task, local } = around;
  const scene = { byname, tasks: [task] };
  if (!dies) return scene;
  return {
    ...scene,
    async meanwhile() {
      while (local.proxy.requests.length === 0) await turn();
      await local.proxy.stop();
    },
  };
}

function answering(fault: LocalFault): Break {
  return ({ local }) => local.proxy.fault(fault);
}

/** The same, where the other sources know nothing. */
function alone(breaks: Break): Break {
  return async (aws) => {
    aws.local.dns.fault({ error: "NXDOMAIN" });
    aws.local.api.fault({ empty: true });
    await breaks(aws);
  };
}
