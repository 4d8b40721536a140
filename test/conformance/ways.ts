import { fileURLToPath } from "node:url";
import { type Byname, createByname } from "../../src/byname.ts";
import type { BynameOptions } from "../../src/ground/options.ts";
import type { Source } from "../../src/ground/source.ts";
import type { Fetch } from "./case.ts";

/** Ways: how a program may come to the same servers. */
export interface Way extends AsyncDisposable {
  readonly fetch: Fetch;
  /** A service's host as this way has it. */
  readonly host: (service: Service) => string;
}

export const services = ["orders", "users", "gone"] as const;
export type Service = (typeof services)[number];
export type Ports = Readonly<Record<Service, number>>;

export const ways = {
  /** The platform's fetch, untouched, at the addresses themselves. */
  plain: async (ports: Ports): Promise<Way> => ({
    fetch: plainFetch,
    host: (service) => `127.0.0.1:${ports[service]}`,
    [Symbol.asyncDispose]: async () => {},
  }),
  byname: async (ports: Ports): Promise<Way> => {
    const byname = bynameFor(direct(ports));
    return named(byname, byname.fetch);
  },
  /** Where some answers are kept back until it is known whose they are. */
  proxied: async (ports: Ports): Promise<Way> => {
    const byname = bynameFor(proxied(ports));
    return named(byname, byname.fetch);
  },
  install: async (ports: Ports): Promise<Way> => {
    const byname = bynameFor(direct(ports));
    await byname.install();
    return named(byname, plainFetch);
  },
} as const;

export type WayName = keyof typeof ways;

const plainFetch: Fetch = (...args) => globalThis.fetch(...args);

function named(byname: Byname, fetch: Fetch): Way {
  return { fetch, host: (service) => service, [Symbol.asyncDispose]: byname.destroy };
}

/** Without retries: they are what byname adds, and have tests of their own. */
function bynameFor(options: BynameOptions): Byname {
  return createByname({ ...options, request: { retries: 0 } }, { env: {} });
}

function direct(ports: Ports): BynameOptions {
  const source: Source = {
    name: "conformance",
    lookup: ({ service }) => ({
      kind: "endpoints",
      ttl: 60_000,
      endpoints: [{ address: "127.0.0.1", port: ports[service.key as Service] }],
    }),
  };
  return {
    services: Object.fromEntries(services.map((service) => [service, {}])),
    sources: [source],
    allow: ["127.0.0.0/8"],
  };
}

/** To byname the servers are Service Connect's proxy. */
function proxied(ports: Ports): BynameOptions {
  return {
    services: Object.fromEntries(services.map((service) => [service, { port: ports[service] }])),
    sources: ["serviceConnect"],
    serviceConnect: { hostsFile: fileURLToPath(new URL("hosts", import.meta.url)), range: "127.0.0.0/8" },
  };
}
