import type { Settings } from "./ground/settings.ts";
import type { Resolver } from "./resolve/resolver.ts";
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
  const { clock, random } = settings.surroundings;
  const traffics = new Traffics({ clock, random, zone: ownZone(settings) });
  return { routes, resolver, traffics, clock, random, inFlight };
}
