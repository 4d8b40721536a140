import { type AddressGuard, addressGuard, block } from "./address-guard.ts";
import type { Clock } from "./clock.ts";
import { defaults } from "./defaults.ts";
import { ConfigError } from "./errors.ts";
import type { BynameOptions, ServiceOptions } from "./options.ts";
import type { BuiltInSource } from "./resolution.ts";
import type { FixedAddress, Scheme, Service } from "./service.ts";
import { schemePort } from "./service.ts";
import { parseServiceName } from "./service-name.ts";
import type { Source } from "./source.ts";
import {
  fields,
  hostName,
  httpUrl,
  listOf,
  milliseconds,
  optional,
  port,
  type Reader,
  reader,
  record,
  text,
} from "./validate.ts";

/** Settings: the options, the environment and the config file as one complete and checked object. */
export interface Settings {
  readonly namespace?: string;
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
  readonly surroundings: Surroundings;
}

/** What a process stands in; tests bring their own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random` gives. */
  readonly random: () => number;
  /** What a config file holds. */
  readonly readConfigFile: (path: string | URL) => unknown;
}

/** @throws ConfigError where anything in the options, the environment or the config file is wrong. */
export function settle(options: BynameOptions, surroundings: Surroundings): Settings {
  const { env, readConfigFile } = surroundings;
  const code = readOptions(options, "options") ?? {};
  const path = env.BYNAME_CONFIG || code.config;
  const file = path ? (readOptions(readConfigFile(path), String(path)) ?? {}) : {};
  const merged = mergeOptions(mergeOptions(file, code), fromEnvironment(env));
  const { namespace, resolve, serviceConnect, allow } = merged;
  block(serviceConnect?.range ?? defaults.serviceConnectRange, "serviceConnect.range");
  return {
    ...(namespace === undefined ? {} : { namespace }),
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
    surroundings,
  };
}

/** The settled entry for a service: of the catalog, or of a name that is only asked for. */
export function settleService(
  key: string,
  options: ServiceOptions,
  { namespace, env }: { namespace?: string | undefined; env: Surroundings["env"] },
): Service {
  const where = `services[${JSON.stringify(key)}]`;
  const { name, port: keyPort } = parseServiceName(key, where);
  const { fixed, ...rest } = options;
  const variable = `BYNAME_${key.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_URL`;
  const addresses = env[variable]
    ? fixedAddresses(env[variable], variable)
    : fixedAddresses(fixed, `${where}.fixed`);
  return {
    key: keyPort === undefined ? name : `${name}:${keyPort}`,
    name,
    scheme: "http",
    alias: name,
    discoveryName: name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(keyPort === undefined ? {} : { port: keyPort }),
    ...rest,
    fixed: addresses ?? [],
  };
}

function catalog(options: BynameOptions, env: Surroundings["env"]): Map<string, Service> {
  const services = Object.entries(options.services ?? {}).map(([key, entry]) =>
    settleService(key, entry, { namespace: options.namespace, env }),
  );
  return new Map(services.map((service) => [service.key, service]));
}

function fromEnvironment(env: Surroundings["env"]): BynameOptions {
  const read = <T>(name: string, read: Reader<T>): T | undefined => read(env[name] || undefined, name);
  return compact({
    namespace: read("BYNAME_NAMESPACE", hostName),
    sources: read("BYNAME_SOURCES", listOf(builtInSource)),
    serviceConnect: compact({
      hostsFile: read("BYNAME_HOSTS_FILE", text),
      range: read("BYNAME_SERVICE_CONNECT_RANGE", text),
    }),
    dns: compact({ servers: read("BYNAME_DNS_SERVERS", listOf(text)) }),
    allow: read("BYNAME_ALLOW", listOf(text)),
  });
}

/** What `above` says wins; groups and catalog entries are merged field by field. */
function mergeOptions(below: BynameOptions, above: BynameOptions): BynameOptions {
  const services = { ...below.services };
  for (const [key, entry] of Object.entries(above.services ?? {}))
    services[key] = { ...services[key], ...entry };
  return {
    ...below,
    ...above,
    services,
    resolve: { ...below.resolve, ...above.resolve },
    serviceConnect: { ...below.serviceConnect, ...above.serviceConnect },
    dns: { ...below.dns, ...above.dns },
    cloudMap: { ...below.cloudMap, ...above.cloudMap },
  };
}

const scheme = reader<Scheme>((value) => value === "http" || value === "https", '"http" or "https"');
const builtInSource = reader<BuiltInSource>(
  (value) => ["serviceConnect", "dns", "cloudMap", "fixed"].includes(value as string),
  '"serviceConnect", "dns", "cloudMap" or "fixed"',
);
const source: Reader<BuiltInSource | Source> = optional((value, where) => {
  const own = value as Partial<Source> | null;
  if (typeof own === "object" && typeof own?.name === "string" && typeof own.lookup === "function")
    return own as Source;
  return builtInSource(typeof value === "object" ? "an object without name and lookup" : value, where)!;
});
const parameters = record(text);

const readOptions: Reader<BynameOptions> = fields<BynameOptions>({
  namespace: hostName,
  services: record(
    fields<ServiceOptions>({
      port,
      scheme,
      containerPort: port,
      alias: hostName,
      discoveryName: hostName,
      namespace: hostName,
      fixed: listOf(text),
      ownerAccount: reader(
        (value) => /^\d{12}$/.test(String(value)),
        "an account id of 12 digits, as a text",
      ),
      queryParameters: parameters,
      optionalParameters: parameters,
    }),
  ),
  sources: listOf(source),
  resolve: fields({ hedgeAfter: milliseconds, timeout: milliseconds, staleFor: milliseconds }),
  serviceConnect: fields({ hostsFile: text, range: text }),
  dns: fields({ servers: listOf(text) }),
  cloudMap: fields({
    endpoint: optional((value, where) => httpUrl(value, where)!.href),
    region: text,
  }),
  allow: listOf(text),
  config: reader((value) => typeof value === "string" || value instanceof URL, "a path or a file URL"),
});

function fixedAddresses(value: unknown, where: string): FixedAddress[] | undefined {
  return listOf(httpUrl)(value, where)?.map((url) => {
    if (url.pathname !== "/" || url.search || url.hash) {
      throw new ConfigError(where, url.href, "only scheme, host and port: the path comes from each request");
    }
    const scheme = url.protocol === "https:" ? "https" : "http";
    return {
      scheme,
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? schemePort(scheme) : Number(url.port),
    };
  });
}

function compact<T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}
