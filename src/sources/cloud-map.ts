import { LRUCache } from "lru-cache";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import type { FoundEndpoint } from "../ground/endpoint.ts";
import { briefly } from "../ground/errors.ts";
import type { Service } from "../ground/service.ts";
import type { Answer, Source } from "../ground/source.ts";
import { mapAtMost } from "./at-most.ts";
import {
  type CloudMapCalls,
  CloudMapClient,
  type CloudMapClientOptions,
  type Revision,
} from "./cloud-map-client.ts";
import { cloudMapFailure, isDenied } from "./cloud-map-errors.ts";
import { type Registered, type RegisteredHost, registered } from "./cloud-map-instances.ts";
import type { ResolveHost } from "./dns.ts";

export interface CloudMapOptions extends CloudMapClientOptions {
  readonly clock: Clock;
  readonly resolveHost: ResolveHost;
}

/**
 * Cloud Map: the API that knows every instance, Service Connect's tasks included, and works wherever AWS
 * credentials do.
 *
 * A call for all instances counts against a quota that the whole account shares. What is known is therefore kept
 * while the service's revision stands still, which is asked for by a cheaper call; health does not change the
 * revision, so now and then everything is asked for all the same.
 */
export function cloudMapSource(options: CloudMapOptions): Source {
  const client = new CloudMapClient(options);
  const instances = new Instances(options.clock);
  return {
    name: "cloudMap",
    lookup(query, signal) {
      const { service } = query;
      if (service.httpName === undefined) return notMine(`no namespace for "${service.key}"`);
      return lookUp(service, signal);
    },
    close: () => client.close(),
  };

  async function lookUp(service: Service, signal: AbortSignal): Promise<Answer> {
    try {
      const calls = await client.open();
      if (!calls) return notMine("no AWS region; set AWS_REGION");
      return await answer(await instances.of(service, calls, signal), options, signal);
    } catch (error) {
      const failure = cloudMapFailure(error, service);
      if (failure.kind === "notFound") instances.forget(service);
      return failure;
    }
  }
}

function notMine(detail: string): Answer {
  return { kind: "notMine", detail };
}

/** The instances of each service as far as they are known, and whether that still holds. */
class Instances {
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, Known>({ max: defaults.maxServices });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async of(service: Service, calls: CloudMapCalls, signal: AbortSignal): Promise<Registered> {
    const before = this.#known.get(service.key);
    if (before && (await this.#holds(before, service, calls, signal))) return before.registered;
    const at = this.#clock.now();
    const { instances, revision } = await calls.discover(service, signal);
    const known = { registered: registered(instances), revision, at, denied: before?.denied ?? false };
    this.#known.set(service.key, known);
    return known.registered;
  }

  forget(service: Service): void {
    this.#known.delete(service.key);
  }

  async #holds(known: Known, service: Service, calls: CloudMapCalls, signal: AbortSignal): Promise<boolean> {
    const age = this.#clock.now() - known.at;
    // An age below zero is a clock that was set back: nobody knows how old the answer is.
    if (known.denied || known.revision === undefined || age < 0 || age >= defaults.cloudMapFullEvery)
      return false;
    try {
      return (await calls.revision(service, signal)) === known.revision;
    } catch (error) {
      // The call has an IAM action of its own, which older policies do not allow.
      known.denied = isDenied(error);
      if (!known.denied) throw error;
      return false;
    }
  }
}

interface Known {
  readonly registered: Registered;
  readonly revision: Revision | undefined;
  /** When all of it was asked for, by the wall clock. */
  readonly at: number;
  /** The revision may not be asked for. */
  denied: boolean;
}

async function answer(
  { endpoints, hosts, total }: Registered,
  options: CloudMapOptions,
  signal: AbortSignal,
): Promise<Answer> {
  if (endpoints.length + hosts.length === 0) return { kind: "empty", detail: whyNone(total) };
  const resolved = hosts.length === 0 ? [] : await behindNames(hosts, options, signal);
  const found = [...endpoints, ...resolved.flatMap((one) => one.endpoints)];
  if (found.length > 0) {
    const ttl = Math.min(defaults.cloudMapTtl, ...resolved.map((one) => one.ttl));
    return { kind: "endpoints", endpoints: found, ttl };
  }
  return { kind: "unavailable", scope: "service", detail: resolved[0]?.failure ?? "no host name resolves" };
}

/** With one limit for all of them: what has an address is not to wait for names that nobody answers. */
async function behindNames(
  hosts: readonly RegisteredHost[],
  { resolveHost, clock }: CloudMapOptions,
  signal: AbortSignal,
): Promise<ResolvedHost[]> {
  const late = new AbortController();
  const cancel = clock.after(defaults.dnsTimeout, () =>
    late.abort(new DOMException("too late", "TimeoutError")),
  );
  const until = AbortSignal.any([signal, late.signal]);
  const found = await mapAtMost(hosts, defaults.dnsTargetsAtOnce, (host) =>
    endpointsAt(host, resolveHost, until),
  );
  cancel();
  return found;
}

interface ResolvedHost {
  readonly endpoints: readonly FoundEndpoint[];
  readonly ttl: number;
  readonly failure?: string;
}

/** Without an id: the endpoints behind a load balancer's name are several, and not the registered instance. */
async function endpointsAt(
  { host, ...where }: RegisteredHost,
  resolveHost: ResolveHost,
  signal: AbortSignal,
): Promise<ResolvedHost> {
  try {
    const { addresses, ttl } = await resolveHost(host, signal);
    return { endpoints: addresses.map((address) => ({ address, ...where })), ttl };
  } catch (error) {
    return { endpoints: [], ttl: Number.POSITIVE_INFINITY, failure: briefly(error) };
  }
}

function whyNone(total: number): string {
  if (total === 0) return "the service has no instance";
  return `none of the service's ${total} instances has an address that can be called`;
}
