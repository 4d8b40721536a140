import dns, { type LookupAddress, type LookupOptions } from "node:dns";
import type { Open } from "../contenders.ts";

/** Node's own fetch with the service's full name. It asks the system's resolver, whose part the zone plays here. */
export const open: Open = ({ host, port, dns: server }) => {
  const resolver = new dns.Resolver();
  resolver.setServers([server]);
  const lookup = (name: string, { all }: LookupOptions, done: Done) =>
    resolver.resolve4(name, (error, found) => {
      if (error) return done(error, []);
      const addresses = found.map((address) => ({ address, family: 4 }));
      if (all) done(null, addresses);
      else done(null, addresses[0]!.address, 4);
    });
  dns.lookup = lookup as typeof dns.lookup;
  return {
    async call(path) {
      const response = await fetch(`http://${host}:${port}${path}`);
      await response.arrayBuffer();
      return response.status;
    },
    close: async () => {},
  };
};

type Done = (error: Error | null, address: string | LookupAddress[], family?: number) => void;
