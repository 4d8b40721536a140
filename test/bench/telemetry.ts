import { type ChildProcess, fork } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createByname } from "byname";
import { startServers } from "./servers.ts";
import { compare, table } from "./slices.ts";

/** What a process may have that listens, before its first call. */
const listeners: Readonly<Record<string, () => unknown>> = {
  "nobody listens": () => {},
  "nobody listens, again (control)": () => {},
  "a subscriber to byname:attempt": () => subscribe("byname:attempt", () => {}),
  "OpenTelemetry's API without its SDK": async () => {
    const { diag, DiagLogLevel } = await import("@opentelemetry/api");
    diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.NONE);
  },
  "OpenTelemetry's SDK, spans and metrics": startSdk,
};

/**
 * What being listened to costs a request: a process for each, all calling the same servers, in turns. Each run is a batch
 * of requests, so that what processes say to each other does not count.
 */
export async function telemetry(): Promise<void> {
  await using servers = await startServers(1);
  const children = Object.keys(listeners).map((name) => ({
    name,
    child: contender(name, servers.ports[0]!),
  }));
  for (const way of ["request", "fetch"] as const) {
    const contenders = children.map(({ name, child }) => ({ name, run: () => batch(child, way) }));
    const figures = await compare(contenders, { inFlight: 1, rounds: 12, sliceMs: 500 });
    console.log(table(`byname.${way}, batches of ${requests} requests, ${inFlight} in flight`, figures));
  }
  for (const { child } of children) child.disconnect();
}

const requests = 1_000;
const inFlight = 50;

function contender(name: string, port: number): ChildProcess {
  return fork(new URL(import.meta.url), ["--contender", name, String(port)]);
}

async function batch(child: ChildProcess, way: "request" | "fetch"): Promise<void> {
  child.send(way);
  await once(child, "message");
}

async function startSdk(): Promise<void> {
  const { metrics } = await import("@opentelemetry/api");
  const { BatchSpanProcessor, InMemorySpanExporter, NodeTracerProvider } = await import(
    "@opentelemetry/sdk-trace-node"
  );
  const { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } =
    await import("@opentelemetry/sdk-metrics");
  const exporter = new InMemorySpanExporter();
  // Exported spans go nowhere: what exporters do with them is theirs.
  exporter.export = (_spans, done) => done({ code: 0 });
  new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }).register();
  const inMemory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const readers = [new PeriodicExportingMetricReader({ exporter: inMemory })];
  metrics.setGlobalMeterProvider(new MeterProvider({ readers }));
}

if (process.argv[2] === "--contender") {
  const [name = "", port] = process.argv.slice(3);
  await listeners[name]!();
  const byname = createByname({
    sources: ["fixed"],
    services: { orders: { fixed: `http://127.0.0.1:${port}` } },
  });
  const call = {
    request: async () => (await byname.request("http://orders/v1/orders/42")).body.dump(),
    fetch: async () => (await byname.fetch("http://orders/v1/orders/42")).arrayBuffer(),
  };
  process.on("message", async (way: keyof typeof call) => {
    let left = requests;
    const worker = async () => {
      while (left-- > 0) await call[way]();
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
    process.send!("done");
  });
  process.once("disconnect", () => process.exit());
}
