import { Resolver } from "node:dns";
import { Agent, type Dispatcher, interceptors, request } from "undici";
import type { Contender, Open } from "../contenders.ts";
import type { Where } from "../fleet.ts";

/** undici with its dns interceptor: takes turns over the addresses of a name. */
export const open: Open = (where) => byDispatcher(where, new Agent(connections).compose(dns(where)));

/** One second to connect instead of undici's ten: nobody who has thought about it would wait for longer. */
export const connections: Agent.Options = { connect: { timeout: 1_000 } };

export function byDispatcher({ host, port }: Where, dispatcher: Dispatcher): Contender {
  return {
    async call(path) {
      const { statusCode, body } = await request(`http://${host}:${port}${path}`, { dispatcher });
      await body.dump();
      return statusCode;
    },
    close: () => dispatcher.destroy(),
  };
}

export function dns({ dns: server }: Where): Dispatcher.DispatcherComposeInterceptor {
  const resolver = new Resolver();
  resolver.setServers([server]);
  return interceptors.dns({
    dualStack: false,
    affinity: 4,
    lookup: ({ hostname }, _, done) =>
      resolver.resolve4(hostname, { ttl: true }, (error, found) => {
        if (error) return done(error, []);
        // This interceptor counts in milliseconds.
        done(
          null,
          found.map(({ address, ttl }) => ({ address, family: 4 as const, ttl: ttl * 1_000 })),
        );
      }),
  });
}
