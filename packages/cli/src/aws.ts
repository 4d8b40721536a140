import type {
  HttpInstanceSummary,
  NamespaceSummary,
  ServiceDiscoveryClient,
  ServiceSummary,
} from "@aws-sdk/client-servicediscovery";
import type { Query } from "byname";
import { type Place, regionOf } from "./place.ts";
import type { Setting } from "./setting.ts";

export type { HttpInstanceSummary, NamespaceSummary, ServiceSummary };

/** What a call brought, or why it brought nothing. */
export type Told<Value> = { readonly value: Value } | { readonly failure: ApiFailure };

/** A failed call in words of ours: messages of the service can hold what was signed. */
export interface ApiFailure {
  readonly kind:
    | "namespace"
    | "service"
    | "denied"
    | "credentials"
    | "identity"
    | "throttled"
    | "timeout"
    | "other";
  /** The error's name, and its HTTP status or code. */
  readonly told: string;
}

/** AwsApi: the calls of the Cloud Map API that only read. None of them rejects. */
export interface AwsApi {
  /** Undefined where none is written down, in a profile of AWS's own files either. */
  readonly region: string | undefined;
  /** Every instance, unhealthy ones included. */
  instances(query: Query): Promise<Told<readonly HttpInstanceSummary[]>>;
  revision(query: Query): Promise<Told<string>>;
  namespaces(): Promise<Told<readonly NamespaceSummary[]>>;
  services(namespaceId: string): Promise<Told<readonly ServiceSummary[]>>;
  close(): void;
}

/** Milliseconds for one call; a person waits for it. */
const callTimeout = 3_000;
/** A namespace list that is longer than this many pages is not read to its end. */
const mostPages = 20;

/** @param place asked where no region is written down. */
export async function openAwsApi(setting: Setting, place: () => Promise<Place>): Promise<AwsApi> {
  const sdk = await import("@aws-sdk/client-servicediscovery");
  const { region, client } = await clientFor(sdk, await regionOf(setting, place), setting.endpoint);
  const ask = <Value>(call: (until: { abortSignal: AbortSignal }) => Promise<Value>) => told(call);
  return {
    region,
    instances: (query) =>
      ask(async (until) => {
        const command = new sdk.DiscoverInstancesCommand({
          ...nameIn(query),
          MaxResults: 1_000,
          HealthStatus: "ALL",
        });
        return (await client.send(command, until)).Instances ?? [];
      }),
    revision: (query) =>
      ask(async (until) => {
        const command = new sdk.DiscoverInstancesRevisionCommand(nameIn(query));
        return String((await client.send(command, until)).InstancesRevision);
      }),
    namespaces: () =>
      ask((until) =>
        allPages(async (NextToken) => {
          const page = await client.send(new sdk.ListNamespacesCommand({ NextToken }), until);
          return { items: page.Namespaces, next: page.NextToken };
        }),
      ),
    services: (id) =>
      ask((until) =>
        allPages(async (NextToken) => {
          const Filters = [{ Name: "NAMESPACE_ID" as const, Values: [id] }];
          const page = await client.send(new sdk.ListServicesCommand({ Filters, NextToken }), until);
          return { items: page.Services, next: page.NextToken };
        }),
      ),
    close: () => client.destroy(),
  };
}

async function clientFor(
  sdk: typeof import("@aws-sdk/client-servicediscovery"),
  region: string | undefined,
  endpoint: string | undefined,
): Promise<{ region: string | undefined; client: ServiceDiscoveryClient }> {
  const settings = {
    ...(endpoint ? { endpoint, disableHostPrefix: true } : {}),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_500, requestTimeout: callTimeout, throwOnRequestTimeout: true },
  };
  const client = new sdk.ServiceDiscoveryClient({ ...settings, ...(region ? { region } : {}) });
  const known = await client.config.region().catch(() => undefined);
  if (known) return { region: known, client };
  client.destroy();
  // A signature needs one; what has an endpoint and no region is an emulator, which takes any.
  return { region: undefined, client: new sdk.ServiceDiscoveryClient({ ...settings, region: "us-east-1" }) };
}

function nameIn({ service }: Query) {
  const { httpName, discoveryName, ownerAccount } = service;
  return {
    NamespaceName: httpName,
    ServiceName: discoveryName,
    ...(ownerAccount ? { OwnerAccount: ownerAccount } : {}),
  };
}

async function allPages<Item>(
  read: (token: string | undefined) => Promise<{ items: Item[] | undefined; next: string | undefined }>,
): Promise<Item[]> {
  const all: Item[] = [];
  let token: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const { items = [], next } = await read(token);
    all.push(...items);
    token = next;
    if (!token) break;
  }
  return all;
}

async function told<Value>(
  call: (until: { abortSignal: AbortSignal }) => Promise<Value>,
): Promise<Told<Value>> {
  try {
    return { value: await call({ abortSignal: AbortSignal.timeout(2 * callTimeout) }) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

/** https://docs.aws.amazon.com/cloud-map/latest/api/CommonErrors.html and API_DiscoverInstances.html next to it. */
const kinds: readonly (readonly [RegExp, ApiFailure["kind"]])[] = [
  [/^NamespaceNotFound/, "namespace"],
  [/^ServiceNotFound/, "service"],
  [/^(AccessDenied|NotAuthorized|UnauthorizedOperation)/, "denied"],
  [/^(CredentialsProviderError|TokenProviderError)/, "credentials"],
  [
    /^(ExpiredToken|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|UnrecognizedClient)/,
    "identity",
  ],
  [/^(RequestLimitExceeded|Throttl|TooManyRequests)/, "throttled"],
  [/^(TimeoutError|AbortError)$/, "timeout"],
];

export function failureOf(error: unknown): ApiFailure {
  const { name, code, $metadata } = (error ?? {}) as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  const said = [name, code].map((text) => (typeof text === "string" && /^\w{1,64}$/.test(text) ? text : ""));
  const kind = kinds.find(([pattern]) => pattern.test(said[0]!))?.[1] ?? "other";
  const status = $metadata?.httpStatusCode;
  const more = typeof status === "number" ? `HTTP ${status}` : said[1];
  return { kind, told: [said[0], more].filter(Boolean).join(", ") || "an unknown error" };
}
