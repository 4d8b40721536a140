import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import type { Server } from "node:net";
import type { BynameEvents } from "byname";

/**
 * Telemetry: loaded before a service (`node --import`), which knows nothing of it. Tells the parent where the service
 * listens and what byname does there, and ends the process when the parent is gone.
 */
export type Told = { readonly listening: number } | Happening;

/** What byname announced. The trace is that of the request which the process was answering. */
export type Happening =
  | { readonly attempt: BynameEvents["byname:attempt"]; readonly trace?: string }
  | { readonly eject: BynameEvents["byname:eject"] };

function tell(told: Told): void {
  // Whether the parent still hears it does not matter here: without it, this process ends anyhow.
  if (process.connected) process.send?.(told, undefined, undefined, () => {});
}

subscribe("tracing:net.server.listen:asyncEnd", (message) => {
  const address = (message as { server: Server }).server.address();
  if (typeof address === "object" && address) tell({ listening: address.port });
});

/** A trace goes from service to service in a header, as OpenTelemetry's does in `traceparent`. */
const header = "x-store-trace";
const traces = new AsyncLocalStorage<string>();
const traceOf = new WeakMap<object, string>();

subscribe("http.server.request.start", (message) => {
  const { headers } = (message as { request: IncomingMessage }).request;
  traces.enterWith(String(headers[header] ?? randomUUID()));
});

subscribe("byname:send", (message) => {
  const sent = message as BynameEvents["byname:send"];
  const trace = traces.getStore();
  if (trace === undefined) return;
  sent.headers?.set(header, trace);
  traceOf.set(sent, trace);
});

subscribe("byname:attempt", (message) => {
  const { sent, ...attempt } = message as BynameEvents["byname:attempt"];
  const trace = sent && traceOf.get(sent);
  tell({ attempt, ...(trace !== undefined && { trace }) });
});

subscribe("byname:eject", (message) => tell({ eject: message as BynameEvents["byname:eject"] }));

process.once("disconnect", () => process.exit());
// Ctrl-C reaches every process of a terminal; it is the parent that decides who ends when.
process.on("SIGINT", () => {});
// Being listened to does not keep a service alive that has nothing left to do.
process.channel?.unref();
