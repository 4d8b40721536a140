import type { Balance } from "./balance.ts";
import { ConfigError } from "./errors.ts";
import { isIP } from "./ip.ts";
import type { BynameOptions, ServiceOptions } from "./options.ts";
import type { RequestPolicy } from "./request-policy.ts";
import type { BuiltInSource } from "./resolution.ts";
import type { Scope } from "./scope.ts";
import { type FixedAddress, type Scheme, schemePort } from "./service.ts";
import { isPort, parseServiceName } from "./service-name.ts";
import type { Source } from "./source.ts";
import {
  cidr,
  cloudMapName,
  fields,
  hostName,
  httpUrl,
  listOf,
  milliseconds,
  nameServer,
  optional,
  port,
  type Reader,
  reader,
  record,
  text,
} from "./validate.ts";

/**
 * ReadOptions: what code, a config file and the environment may say, each value checked where it stands.
 * @throws ConfigError where something is wrong.
 */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): BynameOptions {
  const read = <T>(name: string, read: Reader<T>): T | undefined => read(env[name] || undefined, name);
  return compact({
    namespace: read("BYNAME_NAMESPACE", cloudMapName),
    httpName: read("BYNAME_HTTP_NAME", cloudMapName),
    sources: read("BYNAME_SOURCES", listOf(builtInSource)),
    serviceConnect: compact({
      hostsFile: read("BYNAME_HOSTS_FILE", text),
      range: read("BYNAME_SERVICE_CONNECT_RANGE", cidr),
    }),
    dns: compact({ servers: read("BYNAME_DNS_SERVERS", listOf(nameServer)) }),
    zone: read("BYNAME_ZONE", text),
    allow: read("BYNAME_ALLOW", listOf(cidr)),
  });
}

const scheme = reader<Scheme>((value) => value === "http" || value === "https", '"http" or "https"');
const builtIn = '"serviceConnect", "dns", "cloudMap" or "fixed"';
const isBuiltIn = (value: unknown): value is BuiltInSource =>
  ["serviceConnect", "dns", "cloudMap", "fixed"].includes(value as string);
const builtInSource = reader<BuiltInSource>(isBuiltIn, builtIn);
const source: Reader<BuiltInSource | Source> = optional((value, where) => {
  const own = value as Partial<Source> | null;
  if (typeof own === "object" && typeof own?.name === "string" && typeof own.lookup === "function")
    return own as Source;
  if (isBuiltIn(value)) return value;
  throw new ConfigError(where, value, `${builtIn}, or an object with a name and a lookup function`);
});
const listOfSources = listOf(source);
/** By their names sources are told apart, in events, errors and when one is left out. */
const sources: Reader<(BuiltInSource | Source)[]> = (value, where) => {
  const list = listOfSources(value, where);
  const seen = new Set<string>();
  for (const one of list ?? []) {
    const name = typeof one === "string" ? one : one.name;
    if (typeof one !== "string" && isBuiltIn(name))
      throw new ConfigError(where, name, "a name of its own for a source of your own");
    if (seen.has(name)) throw new ConfigError(where, name, "each source once");
    seen.add(name);
  }
  return list;
};
const parameters = record(text);

/** Where a service is named, it is named as the catalog has it. */
const serviceKey = (text: string, where: string): string => {
  const { name, port } = parseServiceName(text, where);
  return port === undefined ? name : `${name}:${port}`;
};
/** Checked here, where the place is known; taken apart when the catalog is settled. */
const fixed: Reader<string[]> = (value, where) => fixedAddresses(value, where) && listOf(text)(value, where);

const balance = reader<Balance>(
  (value) =>
    typeof value === "function" || ["leastLoaded", "leastRequest", "roundRobin"].includes(value as string),
  '"leastLoaded", "leastRequest", "roundRobin" or a function',
);

const someMilliseconds = reader<number>(
  (value) => typeof value === "number" && value >= 1 && value <= 2 ** 31 - 1,
  "milliseconds, as a number from 1 to 2147483647",
);

export const readRequestPolicy: Reader<Partial<RequestPolicy>> = fields<Partial<RequestPolicy>>({
  timeout: milliseconds,
  attemptTimeout: milliseconds,
  hedgeAfter: milliseconds,
  retries: reader(
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 10,
    "a whole number from 0 to 10",
  ),
});

export const readOptions: Reader<BynameOptions> = fields<BynameOptions>({
  namespace: cloudMapName,
  httpName: cloudMapName,
  services: record(
    fields<ServiceOptions>({
      port,
      scheme,
      containerPort: port,
      alias: hostName,
      discoveryName: cloudMapName,
      namespace: cloudMapName,
      httpName: cloudMapName,
      fixed,
      ownerAccount: reader(
        (value) => typeof value === "string" && /^\d{12}$/.test(value),
        "an account id of 12 digits, as a text",
      ),
      queryParameters: parameters,
      optionalParameters: parameters,
      request: readRequestPolicy,
      balance,
    }),
    serviceKey,
  ),
  sources,
  resolve: fields({ hedgeAfter: milliseconds, timeout: someMilliseconds, staleFor: milliseconds }),
  serviceConnect: fields({ hostsFile: text, range: cidr }),
  dns: fields({ servers: listOf(nameServer) }),
  cloudMap: fields({
    endpoint: optional((value, where) => httpUrl(value, where)!.href),
    region: text,
  }),
  request: readRequestPolicy,
  scope: reader<() => Scope | undefined>((value) => typeof value === "function", "a function"),
  balance,
  zone: text,
  zoneNames: record(text),
  allow: listOf(cidr),
  config: reader(
    (value) => (typeof value === "string" && value !== "") || value instanceof URL,
    "a path or a file URL",
  ),
});

/**
 * The addresses of a `fixed` option: URLs of which only scheme, host and port are used.
 * @throws ConfigError where one is not such a URL.
 */
export const fixedAddresses = listOf<FixedAddress>(
  optional((value, where) => {
    const url = httpUrl(value, where)!;
    if (url.pathname !== "/" || url.search || url.hash) {
      throw new ConfigError(where, value, "only scheme, host and port: the path comes from each request");
    }
    const scheme = url.protocol === "https:" ? "https" : "http";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = url.port === "" ? schemePort(scheme) : Number(url.port);
    if (!isPort(port)) throw new ConfigError(where, value, "a port from 1 to 65535 in this URL");
    if (isIP(host) === 0) hostName(host, where);
    return { scheme, host, port };
  }),
);

function compact<T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}
