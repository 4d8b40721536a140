import { type AddressGuard, addressGuard } from "./address-guard.ts";
import type { Clock } from "./clock.ts";
import { defaults } from "./defaults.ts";
import { ConfigError } from "./errors.ts";
import type { BynameOptions, ServiceOptions } from "./options.ts";
import { fixedAddresses, fromEnvironment, readOptions } from "./read-options.ts";
import type { RequestPolicy } from "./request-policy.ts";
import type { BuiltInSource } from "./resolution.ts";
import type { Scope } from "./scope.ts";
import { type Service, urlVariable } from "./service.ts";
import { parseServiceName } from "./service-name.ts";
import type { Source } from "./source.ts";

/** Settings: the options, the environment and the config file as one complete and checked object. */
export interface Settings extends Common {
  /** The catalog, by key. */
  readonly services: ReadonlyMap<string, Service>;
  readonly sources: readonly (BuiltInSource | Source)[];
  readonly hedgeAfter: number;
  readonly lookupTimeout: number;
  readonly staleFor: number;
  readonly hostsFile: string;
  readonly serviceConnectRange: string;
  readonly dnsServers?: readonly string[];
  readonly cloudMap: { readonly endpoint?: string; readonly region?: string };
  readonly guard: AddressGuard;
  /** The caller's own zone by name, where it is written down. */
  readonly zone?: string;
  /** Names of zones by their ids. */
  readonly zoneNames: Readonly<Record<string, string>>;
  /** What the work asks that a request belongs to. */
  readonly scope?: () => Scope | undefined;
  readonly surroundings: Surroundings;
}

/** What holds for services that say nothing else. */
export type Common = Pick<BynameOptions, "namespace" | "httpName" | "request" | "balance">;

/** What a process stands in; tests bring their own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random` gives. */
  readonly random: () => number;
  /** What a config file holds; `where` says who named it. */
  readonly readConfigFile: (path: string | URL, where?: string) => unknown;
}

/** @throws ConfigError where anything in the options, the environment or the config file is wrong. */
export function settle(options: BynameOptions, surroundings: Surroundings): Settings {
  const { env } = surroundings;
  const code = readOptions(options, "options") ?? {};
  const file = fromFile(code, surroundings);
  const merged = mergeOptions(mergeOptions(file, code), fromEnvironment(env));
  const { resolve, serviceConnect, allow } = merged;
  return {
    ...pick(merged),
    services: catalog(merged, env),
    sources: merged.sources ?? ["serviceConnect", "dns", "cloudMap", "fixed"],
    hedgeAfter: resolve?.hedgeAfter ?? defaults.hedgeAfter,
    lookupTimeout: resolve?.timeout ?? defaults.lookupTimeout,
    staleFor: resolve?.staleFor ?? defaults.staleFor,
    hostsFile: serviceConnect?.hostsFile ?? defaults.hostsFile,
    serviceConnectRange: serviceConnect?.range ?? defaults.serviceConnectRange,
    ...(merged.dns?.servers ? { dnsServers: merged.dns.servers } : {}),
    cloudMap: merged.cloudMap ?? {},
    guard: addressGuard(allow),
    ...(merged.zone === undefined ? {} : { zone: merged.zone }),
    zoneNames: merged.zoneNames ?? {},
    ...(merged.scope ? { scope: merged.scope } : {}),
    surroundings,
  };
}

/** The settled entry for a service: of the catalog, or of a name that is only asked for. */
export function settleService(
  key: string,
  options: ServiceOptions,
  common: Common & { readonly env: Surroundings["env"] },
): Service {
  const where = `services[${JSON.stringify(key)}]`;
  const { name, port: keyPort } = parseServiceName(key, where);
  const { namespace, env } = common;
  const { fixed, request, ...rest } = options;
  // The common one is the name of the common namespace.
  const isCommon = rest.namespace === undefined || rest.namespace === namespace;
  const httpName = rest.httpName ?? (isCommon ? common.httpName : undefined) ?? rest.namespace ?? namespace;
  if (keyPort !== undefined && rest.port !== undefined && rest.port !== keyPort)
    throw new ConfigError(`${where}.port`, rest.port, `nothing, or ${keyPort} as in the key`);
  const variable = urlVariable(key);
  const addresses = env[variable]
    ? fixedAddresses(env[variable], variable)
    : fixedAddresses(fixed, `${where}.fixed`);
  return {
    key: keyPort === undefined ? name : `${name}:${keyPort}`,
    name,
    scheme: "http",
    alias: name,
    discoveryName: name,
    balance: common.balance ?? "leastLoaded",
    ...(namespace === undefined ? {} : { namespace }),
    ...(keyPort === undefined ? {} : { port: keyPort }),
    ...rest,
    ...(httpName === undefined ? {} : { httpName }),
    fixed: addresses ?? [],
    request: { ...requestPolicy, ...common.request, ...request },
  };
}

function pick({ namespace, httpName, request, balance }: BynameOptions): Common {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(httpName === undefined ? {} : { httpName }),
    ...(request ? { request } : {}),
    ...(balance ? { balance } : {}),
  };
}

const requestPolicy: RequestPolicy = {
  timeout: defaults.requestTimeout,
  attemptTimeout: 0,
  hedgeAfter: 0,
  retries: defaults.maxRetries,
};

function catalog(options: BynameOptions, env: Surroundings["env"]): Map<string, Service> {
  const entries = options.services ?? {};
  checkVariables(Object.keys(entries), env);
  const services = Object.entries(entries).map(([key, entry]) =>
    settleService(key, entry, { ...options, env }),
  );
  return new Map(services.map((service) => [service.key, service]));
}

/** Keys that only differ by their punctuation have one variable: where it is set, nobody can tell which is meant. */
function checkVariables(keys: readonly string[], env: Surroundings["env"]): void {
  for (const [variable, sharing] of Map.groupBy(keys, urlVariable)) {
    const value = env[variable];
    if (!value || sharing.length === 1) continue;
    const names = sharing.map((key) => `"${key}"`).join(" and ");
    const advice = `\`fixed\` in the catalog in its place: ${names} would each read it`;
    throw new ConfigError(variable, value, advice);
  }
}

function fromFile(code: BynameOptions, { env, readConfigFile }: Surroundings): BynameOptions {
  const path = env.BYNAME_CONFIG || code.config;
  if (!path) return {};
  const where = env.BYNAME_CONFIG ? "BYNAME_CONFIG" : "config";
  const file = readOptions(readConfigFile(path, where) ?? null, String(path))!;
  if (file.config) throw new ConfigError(`${path}.config`, String(file.config), "nothing: one file is read");
  return file;
}

/** What `above` says wins; groups and catalog entries are merged field by field. */
function mergeOptions(below: BynameOptions, above: BynameOptions): BynameOptions {
  const services = new Map(Object.entries(below.services ?? {}));
  for (const [key, entry] of Object.entries(above.services ?? {}))
    services.set(key, mergeEntries(services.get(key), entry));
  return {
    ...below,
    ...withHttpName(below, above),
    services: Object.fromEntries(services),
    resolve: { ...below.resolve, ...above.resolve },
    serviceConnect: { ...below.serviceConnect, ...above.serviceConnect },
    dns: { ...below.dns, ...above.dns },
    cloudMap: { ...below.cloudMap, ...above.cloudMap },
    request: { ...below.request, ...above.request },
  };
}

function mergeEntries(below: ServiceOptions = {}, above: ServiceOptions): ServiceOptions {
  return { ...below, ...withHttpName(below, above), request: { ...below.request, ...above.request } };
}

/** A namespace's name for the API is of no use to another namespace that a place further up names. */
function withHttpName<Above extends Named>(below: Named, above: Above): Above & Named {
  const { namespace, httpName } = above;
  const isOther = namespace !== undefined && below.namespace !== undefined && namespace !== below.namespace;
  return httpName !== undefined || !isOther ? above : { ...above, httpName: undefined };
}

type Named = { readonly [Name in "namespace" | "httpName"]?: string | undefined };
