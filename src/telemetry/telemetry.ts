import { subscribe } from "node:diagnostics_channel";
import type { BynameEvents } from "../ground/events.ts";
import { LookupSpans } from "./lookup-spans.ts";
import { Metrics } from "./metrics.ts";
import { complain } from "./open-telemetry.ts";
import { RequestSpans } from "./request-spans.ts";

/**
 * Telemetry: turns byname's events into spans and metrics of the OpenTelemetry that a program has registered. Once in a
 * process, however many copies of the package there are: the events of all come by the same channels.
 */
export function startTelemetry(): void {
  const slot = globalThis as { [key]?: true };
  if (slot[key]) return;
  slot[key] = true;
  const metrics = new Metrics();
  const requests = new RequestSpans((ms, attributes) => metrics.measure(ms, attributes));
  const lookups = new LookupSpans();
  listen("byname:start", (event) => requests.started(event));
  listen("byname:send", (event) => requests.sending(event));
  listen("byname:attempt", (event) => {
    requests.ended(event);
    metrics.attempt(event);
  });
  listen("byname:forgo", (event) => requests.forgone(event));
  listen("byname:fail", (event) => requests.failed(event));
  listen("byname:lookup", (event) => lookups.begun(event));
  listen("byname:resolve", (event) => {
    lookups.ended(event);
    metrics.resolved(event);
  });
  listen("byname:dns", (event) => metrics.asked(event));
  listen("byname:refuse", (event) => metrics.refused(event));
  listen("byname:eject", (event) => metrics.ejected(event));
  listen("byname:fallback", (event) => metrics.fellBack(event));
}

const key = Symbol.for("byname.telemetry");

function listen<Name extends keyof BynameEvents>(
  name: Name,
  hear: (event: BynameEvents[Name]) => void,
): void {
  subscribe(name, (message) => {
    // What subscribers throw ends the process, and a fault in an exporter or sampler is not worth that.
    try {
      hear(message as BynameEvents[Name]);
    } catch (error) {
      complain(error);
    }
  });
}
