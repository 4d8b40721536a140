import { ConfigError } from "./ground/errors.ts";

/**
 * Edge: what edge runtimes get instead of byname. They have no sockets and no DNS, so a service's tasks cannot be
 * reached from there; failing at once says so better than a bundler's error about `node:dns`.
 * @throws ConfigError always.
 */
export function createByname(): never {
  throw new ConfigError(
    "byname",
    "an edge runtime",
    'code that runs on Node.js, such as `export const runtime = "nodejs"` in Next.js: services are reached by DNS and sockets, which edge runtimes do not have',
  );
}

export {
  AttemptTimeoutError,
  BynameError,
  ClosedError,
  ConfigError,
  DeadlineError,
  NoEndpointsError,
  RequestError,
  ResolveError,
  ServiceNotFoundError,
} from "./ground/errors.ts";
