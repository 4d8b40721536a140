import { isIP } from "node:net";
import { addressKey } from "./api/api.ts";
import type { LocalAlias, LocalDns, LocalNamespace, LocalServiceOptions, NewInstance } from "./options.ts";
import { newTaskId } from "./registry/ids.ts";
import type { DnsConfig } from "./registry/model.ts";
import { limits } from "./registry/rules.ts";
import { accountId, longestDelay } from "./settle.ts";
import { oneOf, onlyKeys, plainObject, someText, wholeNumber, wrong } from "./wrong.ts";

/** Settled services: what was said of a service and its instances, checked and complete. */
export interface SettledService {
  readonly key: string;
  /** With nothing but a name where any namespace of that name will do. */
  readonly namespace: LocalNamespace;
  readonly discoveryName: string;
  /** Undefined for what its kind of namespace has by default. */
  readonly dns: false | DnsConfig | undefined;
  readonly healthCheck: boolean;
  readonly alias: Required<LocalAlias> | undefined;
  readonly instances: readonly SettledInstance[];
}

export interface SettledInstance {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** @param namespace for a service that names none. */
export function settleService(key: string, options: LocalServiceOptions, namespace: string): SettledService {
  const where = `services.${key}`;
  plainObject(where, options, "{ instances: [{ port: 3000 }] }");
  onlyKeys(where, options, [
    "namespace",
    "discoveryName",
    "dns",
    "healthCheck",
    "serviceConnect",
    "instances",
  ]);
  const name = nameOf(key);
  const { instances = [], healthCheck = false, discoveryName = name, serviceConnect } = options;
  if (!Array.isArray(instances))
    throw wrong(`${where}.instances`, instances, "a list such as [{ port: 3000 }]");
  return {
    key,
    namespace: settleNamespace(`${where}.namespace`, options.namespace ?? namespace),
    discoveryName: someText(`${where}.discoveryName`, discoveryName, name),
    dns: settleDns(`${where}.dns`, options.dns),
    healthCheck: oneOf(`${where}.healthCheck`, healthCheck, [true, false]),
    alias:
      serviceConnect === undefined ? undefined : settleAlias(`${where}.serviceConnect`, serviceConnect, name),
    instances: instances.map((instance, at) =>
      settleInstance(`${where}.instances[${at}]`, instance, healthCheck),
    ),
  };
}

export function settleInstance(where: string, instance: NewInstance, hasCheck: boolean): SettledInstance {
  plainObject(where, instance, "{ port: 3000 }");
  onlyKeys(where, instance, ["port", "address", "id", "zone", "health", "attributes"]);
  const { port, address, zone, health, id = newTaskId(), attributes = {} } = instance;
  if (address !== undefined && isIP(address) === 0) throw wrong(`${where}.address`, address, '"127.0.0.1"');
  if (health !== undefined) oneOf(`${where}.health`, health, ["HEALTHY", "UNHEALTHY"]);
  if (health === "UNHEALTHY" && !hasCheck) {
    throw wrong(
      `${where}.health`,
      health,
      "healthCheck: true for the service; without it nothing is unhealthy",
    );
  }
  plainObject(`${where}.attributes`, attributes, '{ VERSION: "2" }');
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value !== "string") throw wrong(`${where}.attributes.${key}`, value, "a text");
  }
  const own = address ?? (hasPlace(attributes) ? undefined : "127.0.0.1");
  return {
    id: someText(`${where}.id`, id, "task-1"),
    attributes: {
      ...(own !== undefined && { [addressKey(own)]: own }),
      ...(port !== undefined && { AWS_INSTANCE_PORT: String(wholeNumber(`${where}.port`, port, 1, 65_535)) }),
      ...(zone !== undefined && { AVAILABILITY_ZONE: someText(`${where}.zone`, zone, "eu-west-1a") }),
      ...(health === "UNHEALTHY" && { AWS_INIT_HEALTH_STATUS: health }),
      ...attributes,
    },
  };
}

/** The service's name: its key, without a port. */
function nameOf(key: string): string {
  const match = /^([^:]+)(?::(\d{1,5}))?$/.exec(key);
  if (!match) throw wrong("services", key, 'keys such as "orders" or "orders:8080"');
  return match[1]!;
}

/** Whether the attributes say themselves where the instance is. */
function hasPlace(attributes: Readonly<Record<string, string>>): boolean {
  return ["AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6", "AWS_INSTANCE_CNAME", "AWS_ALIAS_DNS_NAME"].some(
    (key) => attributes[key] !== undefined,
  );
}

function settleNamespace(where: string, namespace: string | LocalNamespace): LocalNamespace {
  if (typeof namespace === "string") return { name: someText(where, namespace, "sd.local") };
  plainObject(where, namespace, '{ name: "shop", type: "HTTP" }');
  onlyKeys(where, namespace, ["name", "type", "httpName", "owner", "shared", "soaTtl"]);
  const { name, type = "DNS_PRIVATE", httpName, owner, shared, soaTtl } = namespace;
  return {
    name: someText(`${where}.name`, name, "sd.local"),
    type: oneOf(`${where}.type`, type, ["HTTP", "DNS_PRIVATE"]),
    ...(httpName !== undefined && { httpName: someText(`${where}.httpName`, httpName, "shop") }),
    ...(owner !== undefined && { owner: accountId(`${where}.owner`, owner) }),
    ...(shared !== undefined && { shared: oneOf(`${where}.shared`, shared, [true, false]) }),
    ...(soaTtl !== undefined && { soaTtl: wholeNumber(`${where}.soaTtl`, soaTtl, 0, limits.recordTtl) }),
  };
}

function settleDns(where: string, dns: false | LocalDns | undefined): false | DnsConfig | undefined {
  if (dns === undefined || dns === false) return dns;
  plainObject(where, dns, '{ records: ["A"], ttl: 10 }, or false');
  onlyKeys(where, dns, ["records", "ttl", "routing"]);
  const { records = ["SRV"], ttl = 10 } = dns;
  if (!Array.isArray(records)) throw wrong(`${where}.records`, records, 'a list such as ["A"]');
  const routing = dns.routing ?? (records.includes("CNAME") ? "WEIGHTED" : "MULTIVALUE");
  wholeNumber(`${where}.ttl`, ttl, 0, limits.recordTtl);
  return {
    routing: oneOf(`${where}.routing`, routing, ["MULTIVALUE", "WEIGHTED"]),
    records: records.map((type) => ({
      type: oneOf(`${where}.records`, type, ["A", "AAAA", "SRV", "CNAME"]),
      ttl,
    })),
  };
}

function settleAlias(where: string, serviceConnect: LocalAlias, name: string): Required<LocalAlias> {
  plainObject(where, serviceConnect, "{ port: 8080 }");
  onlyKeys(where, serviceConnect, ["alias", "port", "protocol", "perRequestTimeout"]);
  const { alias = name, port, protocol = "http", perRequestTimeout = 15_000 } = serviceConnect;
  // ServiceConnectClientAlias in the ECS API reference.
  if (!/^[a-z0-9_.-]{1,127}$/.test(someText(`${where}.alias`, alias, name))) {
    throw wrong(`${where}.alias`, alias, "at most 127 of lowercase letters, digits, '_', '-' and '.'");
  }
  return {
    alias,
    port: wholeNumber(`${where}.port`, port, 1, 65_535),
    protocol: oneOf(`${where}.protocol`, protocol, ["http", "http2", "grpc", "tcp"]),
    perRequestTimeout: wholeNumber(`${where}.perRequestTimeout`, perRequestTimeout, 0, longestDelay),
  };
}
