import type { BuiltInSource } from "../ground/resolution.ts";
import type { Settings } from "../ground/settings.ts";
import type { Source } from "../ground/source.ts";
import { fixedSource } from "./fixed.ts";
import { serviceConnectSource } from "./service-connect.ts";

/** The sources that the settings name, in their order. What may never be asked is loaded when it is. */
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
      return onFirstLookup(name, async () => (await import("./dns.ts")).dnsSource(dns));
    case "cloudMap":
      return onFirstLookup(name, async () => {
        const [{ cloudMapSource }, { hostResolver }, { readPlacement }] = await Promise.all([
          import("./cloud-map.ts"),
          import("./dns.ts"),
          import("../runtime/metadata.ts"),
        ]);
        const runtimeRegion = async () => (await readPlacement(env, { clock }))?.region;
        return cloudMapSource({ ...cloudMap, clock, env, runtimeRegion, resolveHost: hostResolver(dns) });
      });
    case "fixed":
      return fixedSource();
  }
}

/** A source that is opened by its first lookup, and once more by the next one where that fails. */
export function onFirstLookup(name: BuiltInSource, open: () => Promise<Source>): Source {
  let opening: Promise<Source> | undefined;
  return {
    name,
    async lookup(query, signal) {
      opening ??= open().catch((error) => {
        opening = undefined;
        throw error;
      });
      return (await opening).lookup(query, signal);
    },
    async close() {
      const opened = await opening?.catch(() => undefined);
      await opened?.close?.();
    },
  };
}
