// biome-ignore-all assist/source/organizeImports: the order of the page
/**
 * Every error of byname, by its code.
 * @module errors
 */
export {
  BynameError,
  ConfigError,
  ResolveError,
  ServiceNotFoundError,
  NoEndpointsError,
  RequestError,
  AttemptTimeoutError,
  DeadlineError,
  ClosedError,
  type FailedAttempt,
} from "../../src/index.ts";
