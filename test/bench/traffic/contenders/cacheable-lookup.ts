import { Resolver } from "node:dns/promises";
import { Agent, get } from "node:http";
import CacheableLookup from "cacheable-lookup";
import type { Open } from "../contenders.ts";

/** node:http with kept connections, whose addresses come from cacheable-lookup. */
export const open: Open = ({ host, port, dns }) => {
  const resolver = new Resolver();
  resolver.setServers([dns]);
  const agent = new Agent({ keepAlive: true });
  new CacheableLookup({ resolver, lookup: false }).install(agent);
  return {
    call: (path) =>
      new Promise((resolve, reject) => {
        get({ host, port, path, agent }, (response) => {
          response
            .on("error", reject)
            .on("end", () => resolve(response.statusCode!))
            .resume();
        }).on("error", reject);
      }),
    close: async () => agent.destroy(),
  };
};
