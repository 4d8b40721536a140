/**
 * @byname/local: the AWS side of service discovery on loopback. `startLocal` is the way in.
 * @module
 */
export type { Api, ApiRequest } from "./api/api.ts";
export type { Bucket } from "./api/throttle.ts";
export { runLocal } from "./command.ts";
export type { Dns, DnsRequest } from "./dns/dns.ts";
export type { Place } from "./environment.ts";
export type { Fault, FaultHandle } from "./fault.ts";
export { type Local, startLocal } from "./local.ts";
export type { Metadata, MetadataRequest, NewTask } from "./metadata/metadata.ts";
export type {
  LocalAlias,
  LocalDns,
  LocalNamespace,
  LocalOptions,
  LocalServiceOptions,
  NewInstance,
} from "./options.ts";
export type { Part } from "./part.ts";
export type { AddressMode } from "./proxy/addresses.ts";
export type { Alias, ServiceConnectProxy } from "./proxy/proxy.ts";
export type { ProxyRequest } from "./proxy/route.ts";
export type { NamespaceType, RecordType, RoutingPolicy } from "./registry/model.ts";
export type { LocalInstance, LocalTask, TaskAnswer } from "./task.ts";
