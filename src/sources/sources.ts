import type { BuiltInSource } from "../ground/resolution.ts";
import type { Settings } from "../ground/settings.ts";
import type { Source } from "../ground/source.ts";
import { readPlacement } from "../runtime/metadata.ts";
import { cloudMapSource } from "./cloud-map.ts";
import { dnsSource, hostResolver } from "./dns.ts";
import { fixedSource } from "./fixed.ts";
import { serviceConnectSource } from "./service-connect.ts";

/**
 * The sources that the settings name, in their order.
 * @throws ConfigError where a name server is not an address.
 */
export function sourcesFor(settings: Settings): Source[] {
  return settings.sources.map((source) => (typeof source === "string" ? builtIn(source, settings) : source));
}

function builtIn(name: BuiltInSource, settings: Settings): Source {
  const { hostsFile, serviceConnectRange, dnsServers, cloudMap, surroundings } = settings;
  const { env, clock } = surroundings;
  const dns = { clock, ...(dnsServers ? { servers: dnsServers } : {}) };
  switch (name) {
    case "serviceConnect":
      return serviceConnectSource({ hostsFile, range: serviceConnectRange });
    case "dns":
      return dnsSource(dns);
    case "cloudMap": {
      const runtimeRegion = async () => (await readPlacement(env, { clock }))?.region;
      return cloudMapSource({ ...cloudMap, clock, env, runtimeRegion, resolveHost: hostResolver(dns) });
    }
    case "fixed":
      return fixedSource();
  }
}
