// biome-ignore-all assist/source/organizeImports: the order of the page
/**
 * The AWS side of service discovery on loopback, for tests and laptops.
 * @module @byname/local
 */
export {
  startLocal,
  runLocal,
  type Local,
  type LocalOptions,
  type LocalServiceOptions,
  type LocalAlias,
  type LocalDns,
  type LocalNamespace,
  type NewInstance,
  type LocalInstance,
  type LocalTask,
  type TaskAnswer,
  type Place,
  type NewTask,
  type Part,
  type Fault,
  type FaultHandle,
  type Api,
  type ApiRequest,
  type Dns,
  type DnsRequest,
  type ServiceConnectProxy,
  type Alias,
  type AddressMode,
  type ProxyRequest,
  type Metadata,
  type MetadataRequest,
  type Bucket,
  type NamespaceType,
  type RecordType,
  type RoutingPolicy,
} from "../../packages/local/src/index.ts";
