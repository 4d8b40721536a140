import type { Settings } from "./ground/settings.ts";
import type { Resolver } from "./resolve/resolver.ts";
import type { Lead } from "./transport/agents.ts";
import type { InFlight } from "./transport/in-flight.ts";
import type { Routes } from "./transport/routes.ts";
import type { Steering } from "./transport/steer.ts";

/** Opening: what first calls load and an import does not, each part with the first call that needs it. */
export async function openResolver(settings: Settings): Promise<Resolver> {
  const [{ Resolver }, { sourcesFor }] = await Promise.all([
    import("./resolve/resolver.ts"),
    import("./sources/sources.ts"),
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
  return { routes, resolver, traffics, clock, random, inFlight, ...(scope ? { scope } : {}) };
}

export async function openLead(opening: Promise<Steering>): Promise<Lead> {
  const [steering, { AgentRequest }] = await Promise.all([opening, import("./transport/agent-request.ts")]);
  return (errand, idle, work) => new AgentRequest(steering, errand, idle).run(work);
}
