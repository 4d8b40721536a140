import { ConfigError, type Fetch } from "byname";

/**
 * Edge: what edge runtimes get. They have neither DNS nor sockets, so no service can be reached from there. Next.js
 * loads `instrumentation.ts` there too, hence `register` does nothing; the others say so when they are called.
 */
export async function register(): Promise<void> {}

/** @throws ConfigError always. */
export const fetch: Fetch = async () => byname();

/** @throws ConfigError always. */
export function byname(): never {
  throw new ConfigError(
    "@byname/next",
    "an edge runtime",
    'code that runs on Node.js: leave out `export const runtime = "edge"`, and rename middleware.ts to proxy.ts',
  );
}
