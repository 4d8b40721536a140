import { defaults } from "../ground/defaults.ts";
import type { FoundEndpoint } from "../ground/endpoint.ts";
import { isIP } from "../ground/ip.ts";
import { type FixedAddress, urlVariable } from "../ground/service.ts";
import type { Source } from "../ground/source.ts";

/** Fixed: the addresses that the user wrote down, such as an internal load balancer's. */
export function fixedSource(): Source {
  return {
    name: "fixed",
    trusted: true,
    lastResort: true,
    lookup({ service }) {
      if (service.fixed.length === 0) {
        return { kind: "notMine", detail: `no fixed address; set \`fixed\` or ${urlVariable(service.key)}` };
      }
      return { kind: "endpoints", endpoints: service.fixed.map(endpointAt), ttl: defaults.settledTtl };
    },
  };
}

function endpointAt({ scheme, host, port }: FixedAddress): FoundEndpoint {
  // The user named this host himself, so it is what its certificate has to show. An address shows nothing of a name.
  const named = scheme === "https" && isIP(host) === 0;
  return { address: host, port, scheme, ...(named ? { serverName: host } : {}) };
}
