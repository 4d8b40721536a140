import { isIPv4, isIPv6 } from "node:net";
import { invalid } from "./aws-error.ts";
import type { DnsConfig, RecordType } from "./model.ts";

/**
 * Cloud Map's rules for names and attributes, and its quotas.
 * Sources: "AWS Cloud Map service quotas" in the developer guide; RegisterInstance, CreateService and DnsRecord in
 * the API reference; patterns and lengths from the service's public API model.
 */
export const limits = {
  namespaces: 50,
  instancesPerNamespace: 2_000,
  instancesPerService: 1_000,
  customAttributes: 30,
  attributeKey: 255,
  attributeValue: 1_024,
  attributesInAll: 5_000,
  recordTtl: 2_147_483_647,
} as const;

export const patterns = {
  httpNamespace: /^[!-~]{1,1024}$/,
  privateNamespace: /^[!-~]{1,253}$/,
  service:
    /^(?=.{1,127}$)([a-zA-Z0-9]|[a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_])(\.([a-zA-Z0-9]|[a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_]))*$/,
  instance: /^[0-9a-zA-Z_/:.@-]{1,64}$/,
  attributeKey: /^[a-zA-Z0-9!-~]+$/,
} as const;

const known = new Set([
  "AWS_ALIAS_DNS_NAME",
  "AWS_EC2_INSTANCE_ID",
  "AWS_INIT_HEALTH_STATUS",
  "AWS_INSTANCE_CNAME",
  "AWS_INSTANCE_IPV4",
  "AWS_INSTANCE_IPV6",
  "AWS_INSTANCE_PORT",
]);

/** The five combinations of record types that a service may have. */
const combinations = ["A", "AAAA", "A+AAAA", "CNAME", "SRV"];

export function checkDns(dns: DnsConfig): void {
  const types = dns.records.map((record) => record.type);
  if (!combinations.includes([...types].sort().join("+"))) {
    throw invalid(`DnsRecords must be A, AAAA, A and AAAA, SRV or CNAME; got ${types.join(", ") || "none"}`);
  }
  for (const { ttl } of dns.records) {
    if (!Number.isInteger(ttl) || ttl < 0 || ttl > limits.recordTtl) throw invalid(`TTL ${ttl} is not valid`);
  }
  if (types.includes("CNAME") && dns.routing !== "WEIGHTED") {
    throw invalid("A CNAME record needs the routing policy WEIGHTED");
  }
}

export function checkAttributes(attributes: Record<string, string>, dns: DnsConfig | undefined): void {
  checkSizes(attributes);
  checkValues(attributes);
  if (dns) checkNeeded(attributes, dns);
}

function checkSizes(attributes: Record<string, string>): void {
  const entries = Object.entries(attributes);
  const custom = entries.filter(([key]) => !known.has(key)).length;
  if (custom > limits.customAttributes)
    throw invalid(`${custom} custom attributes; at most ${limits.customAttributes}`);
  let size = 0;
  for (const [key, value] of entries) {
    if (!patterns.attributeKey.test(key) || key.length > limits.attributeKey)
      throw invalid(`Attribute key "${key}"`);
    if (value.length > limits.attributeValue) {
      throw invalid(`The value of ${key} has ${value.length} characters; at most ${limits.attributeValue}`);
    }
    size += key.length + value.length;
  }
  if (size > limits.attributesInAll) {
    throw invalid(`The attributes have ${size} characters; at most ${limits.attributesInAll}`);
  }
}

function checkValues(attributes: Record<string, string>): void {
  const { AWS_INSTANCE_IPV4: v4, AWS_INSTANCE_IPV6: v6, AWS_INSTANCE_PORT: port } = attributes;
  if (v4 !== undefined && !isIPv4(v4)) throw invalid(`AWS_INSTANCE_IPV4 "${v4}" is not an IPv4 address`);
  if (v6 !== undefined && (!isIPv6(v6) || v6.includes("%")))
    throw invalid(`AWS_INSTANCE_IPV6 "${v6}" is not an IPv6 address`);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    throw invalid(`AWS_INSTANCE_PORT "${port}" is not a port`);
  }
  const first = attributes.AWS_INIT_HEALTH_STATUS;
  if (first !== undefined && first !== "HEALTHY" && first !== "UNHEALTHY") {
    throw invalid(`AWS_INIT_HEALTH_STATUS "${first}"; HEALTHY or UNHEALTHY`);
  }
  const instance = Object.keys(attributes).find((key) => key.startsWith("AWS_INSTANCE_"));
  if (attributes.AWS_ALIAS_DNS_NAME !== undefined && instance) {
    throw invalid(`AWS_ALIAS_DNS_NAME and ${instance} exclude each other`);
  }
}

/** What each record type demands of an instance. A load balancer's alias replaces the addresses. */
function checkNeeded(attributes: Record<string, string>, dns: DnsConfig): void {
  const types = new Set<RecordType>(dns.records.map((record) => record.type));
  if (attributes.AWS_ALIAS_DNS_NAME !== undefined) {
    if (dns.routing === "WEIGHTED" && (types.has("A") || types.has("AAAA"))) return;
    throw invalid("AWS_ALIAS_DNS_NAME needs A or AAAA records and the routing policy WEIGHTED");
  }
  const need = (key: string, type: RecordType) => {
    if (attributes[key] === undefined) throw invalid(`${key} is required for a service with ${type} records`);
  };
  if (types.has("A")) need("AWS_INSTANCE_IPV4", "A");
  if (types.has("AAAA")) need("AWS_INSTANCE_IPV6", "AAAA");
  if (types.has("CNAME")) need("AWS_INSTANCE_CNAME", "CNAME");
  if (types.has("SRV")) need("AWS_INSTANCE_PORT", "SRV");
  if (types.has("SRV") && attributes.AWS_INSTANCE_IPV6 === undefined) need("AWS_INSTANCE_IPV4", "SRV");
}
