import type { Settings } from "./ground/settings.ts";
import type { Resolver } from "./resolve/resolver.ts";
import type { Registered } from "./telemetry/open-telemetry.ts";
import type { Lead } from "./transport/agents.ts";
import type { InFlight } from "./transport/in-flight.ts";
import type { Routes } from "./transport/routes.ts";
import type { Steering } from "./transport/steer.ts";

/** Opening: what first calls load and an import does not, each part with the first call that needs it. */
export async function openResolver(settings: Settings): Promise<Resolver> {
  const [{ Resolver }, { sourcesFor }] = await Promise.all([
    import("./resolve/resolver.ts"),
    import("./sources/sources.ts"),
    lookForOpenTelemetry(),
  ]);
  return new Resolver({ ...settings, sources: sourcesFor(settings) });
}

export async function openSteering(
  settings: Settings,
  routes: Routes,
  inFlight: InFlight,
  opening: Promise<Resolver>,
): Promise<Steering> {
  const [resolver, { Traffics }, { ownZone }] = await Promise.all([
    opening,
    import("./transport/traffic.ts"),
    import("./runtime/zone.ts"),
  ]);
  const { scope, surroundings } = settings;
  const { clock, random } = surroundings;
  const traffics = new Traffics({ clock, random, zone: ownZone(settings) });
  const look = () => void lookForOpenTelemetry();
  return { routes, resolver, traffics, clock, random, inFlight, look, ...(scope ? { scope } : {}) };
}

export async function openLead(opening: Promise<Steering>): Promise<Lead> {
  const [steering, { AgentRequest }] = await Promise.all([opening, import("./transport/agent-request.ts")]);
  return (errand, idle, call) => new AgentRequest(steering, errand, idle, call).run();
}

/**
 * What turns events into OpenTelemetry's spans and metrics, once a program has registered who takes them, or who carries
 * traces on: by the key that all versions 1 of its API share. Asked at every call, since that may come after the first of
 * them.
 */
export function lookForOpenTelemetry(): Promise<unknown> | undefined {
  if (!telemetry && isHeard()) {
    // It is not worth a call that fails.
    telemetry = import("./telemetry/telemetry.ts")
      .then(({ startTelemetry }) => startTelemetry())
      .catch(() => {});
  }
  return telemetry;
}

let telemetry: Promise<unknown> | undefined;

/** The API itself registers what else there is, such as its diagnostics. */
function isHeard(): boolean {
  const { trace, metrics, propagation } =
    (globalThis as { [openTelemetryKey]?: Registered })[openTelemetryKey] ?? {};
  return Boolean(trace || metrics || propagation);
}

const openTelemetryKey = Symbol.for("opentelemetry.js.api.1");
