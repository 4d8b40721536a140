import { subscribe } from "node:diagnostics_channel";
import type { Server } from "node:net";
import type { BynameEvents } from "byname";

/**
 * Telemetry: loaded before a service (`node --import`), which knows nothing of it. Tells the parent where the service
 * listens and every attempt that byname makes, and ends the process when the parent is gone.
 */
export type Told = { readonly listening: number } | { readonly attempt: BynameEvents["byname:attempt"] };

function tell(told: Told): void {
  // Whether the parent still hears it does not matter here: without it, this process ends anyhow.
  if (process.connected) process.send?.(told, undefined, undefined, () => {});
}

subscribe("tracing:net.server.listen:asyncEnd", (message) => {
  const address = (message as { server: Server }).server.address();
  if (typeof address === "object" && address) tell({ listening: address.port });
});

subscribe("byname:attempt", (message) => tell({ attempt: message as BynameEvents["byname:attempt"] }));

process.once("disconnect", () => process.exit());
// Ctrl-C reaches every process of a terminal; it is the parent that decides who ends when.
process.on("SIGINT", () => {});
// Being listened to does not keep a service alive that has nothing left to do.
process.channel?.unref();
