import { sameEndpoints } from "../ground/endpoint.ts";
import { BynameError, ClosedError } from "../ground/errors.ts";
import type { ServiceState } from "../ground/resolution.ts";
import type { Query } from "../ground/service.ts";
import type { Resolver } from "./resolver.ts";

/**
 * Watch: a service's endpoints as they change: first what is known now, then each change of the endpoints, of their
 * source, or between having some and having none. Ends when `signal` aborts.
 */
export async function* watch(
  resolver: Resolver,
  query: Query,
  signal: AbortSignal,
): AsyncGenerator<ServiceState, void> {
  let last: ServiceState | undefined;
  while (!signal.aborted) {
    const state = await current(resolver, query, signal);
    if (!state) return;
    if (!last || isChange(last, state)) {
      last = state;
      yield state;
      // Whoever watches may have taken its time; what has come meanwhile is told before anything is waited for.
      continue;
    }
    await resolver.renewed(query, signal).catch(() => {});
  }
}

async function current(
  resolver: Resolver,
  query: Query,
  signal: AbortSignal,
): Promise<ServiceState | undefined> {
  try {
    return await resolver.resolve(query, signal);
  } catch (error) {
    if (signal.aborted || error instanceof ClosedError) return undefined;
    if (error instanceof BynameError) return { service: query.service.key, endpoints: [], error };
    throw error;
  }
}

function isChange(before: ServiceState, now: ServiceState): boolean {
  if (before.error || now.error) return before.error?.code !== now.error?.code;
  return before.source !== now.source || !sameEndpoints(before.endpoints, now.endpoints);
}
