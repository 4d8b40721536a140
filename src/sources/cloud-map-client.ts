import type { HttpInstanceSummary, ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
import { defaults } from "../ground/defaults.ts";
import type { Service } from "../ground/service.ts";

export interface CloudMapClientOptions {
  /** URL of the API, where it is not AWS's own. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The region that this process runs in, asked for where it is written down nowhere. */
  readonly runtimeRegion: () => Promise<string | undefined>;
}

/** The two calls that byname makes. Both reject with the SDK's errors. */
export interface CloudMapCalls {
  discover(service: Service, signal: AbortSignal): Promise<Discovered>;
  revision(service: Service, signal: AbortSignal): Promise<Revision | undefined>;
}

export interface Discovered {
  readonly instances: readonly HttpInstanceSummary[];
  readonly revision: Revision | undefined;
}

/** Digits that change with each registration and deregistration; `undefined` where the API does not tell. */
export type Revision = string;

/** CloudMapClient: the AWS SDK, loaded by the first call since it costs some 40 ms and 25 MB. */
export class CloudMapClient {
  readonly #options: CloudMapClientOptions;
  readonly #closed = new AbortController();
  #opening: Promise<Opened | undefined> | undefined;

  constructor(options: CloudMapClientOptions) {
    this.#options = options;
  }

  /** `undefined` where no region is known, so that there is no API to ask. */
  async open(): Promise<CloudMapCalls | undefined> {
    this.#opening ??= open(this.#options, this.#closed.signal);
    try {
      const opened = await this.#opening;
      if (!opened) this.#opening = undefined;
      return opened?.calls;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** Ends calls under way as well. */
  async close(): Promise<void> {
    this.#closed.abort();
    const opened = await this.#opening?.catch(() => undefined);
    opened?.client.destroy();
  }
}

interface Opened {
  readonly client: ServiceDiscoveryClient;
  readonly calls: CloudMapCalls;
}

async function open(options: CloudMapClientOptions, closed: AbortSignal): Promise<Opened | undefined> {
  const region = await regionOf(options);
  const sdk = await loadSdk();
  const settings = settingsOf(options);
  let client = new sdk.ServiceDiscoveryClient(region ? { ...settings, region } : settings);
  // Of a profile, or of EC2's metadata, it knows by itself.
  if (!(await client.config.region().catch(() => undefined))) {
    client.destroy();
    if (!settings.endpoint) return undefined;
    client = new sdk.ServiceDiscoveryClient({ ...settings, region: regionToSign });
  }
  prefixOnlyAwsHosts(client);
  keepRevisionsWhole(client);
  return { client, calls: callsOf(sdk, client, closed) };
}

type Sdk = typeof import("@aws-sdk/client-servicediscovery");

/** Of a module in CommonJS that is only loaded on use, esbuild's `splitting` gives the default alone, which has it all. */
async function loadSdk(): Promise<Sdk> {
  const loaded: Sdk & { readonly default?: Sdk } = await import("@aws-sdk/client-servicediscovery");
  return loaded.default ?? loaded;
}

/** A signature needs a region; an endpoint where there is none to be found is an emulator, which takes any. */
const regionToSign = "us-east-1";

function settingsOf(options: CloudMapClientOptions) {
  const endpoint = endpointOf(options);
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...credentialsOf(options),
    maxAttempts: 2,
    retryStrategy: secondAttempt,
    requestHandler: {
      connectionTimeout: defaults.cloudMapConnectTimeout,
      requestTimeout: defaults.cloudMapRequestTimeout,
      // Without this the SDK only logs that the time is over, and goes on waiting.
      throwOnRequestTimeout: true,
      // The time of a request is over with the first byte of its answer; from then on, silence is what has a limit.
      socketTimeout: defaults.cloudMapRequestTimeout,
    },
  };
}

/**
 * A second attempt, at once, for a kept-alive socket that died while the process was frozen. More would only hold up
 * the next source, and the resolver spaces lookups of a source in trouble by itself.
 *
 * There is none over quota, which the whole account shares; the SDK's own strategy would ask again within a second.
 */
const secondAttempt = {
  acquireInitialRetryToken: async () => attempt(0),
  async refreshRetryTokenForRetry(before: Attempt, { errorType }: { errorType: string }) {
    if (before.getRetryCount() > 0 || errorType !== "TRANSIENT") throw new Error("no more attempts");
    return attempt(1);
  },
  recordSuccess() {},
};

type Attempt = ReturnType<typeof attempt>;

function attempt(count: number) {
  return { getRetryCount: () => count, getRetryDelay: () => 0 };
}

async function regionOf({ region, env, runtimeRegion }: CloudMapClientOptions): Promise<string | undefined> {
  return region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || (await runtimeRegion()));
}

/** The SDK reads these variables as well, but only from `process.env`. A profile's `endpoint_url` it finds by itself. */
function endpointOf({ endpoint, env }: CloudMapClientOptions): string | undefined {
  const ignored = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true";
  const configured = ignored ? undefined : env.AWS_ENDPOINT_URL_SERVICEDISCOVERY || env.AWS_ENDPOINT_URL;
  return endpoint ?? (configured || undefined);
}

/** Credentials of an environment that is not the process's. For that one the SDK's own search is the right one. */
function credentialsOf({ env }: CloudMapClientOptions) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (env === process.env || !accessKeyId || !secretAccessKey) return {};
  const sessionToken = env.AWS_SESSION_TOKEN;
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } };
}

/**
 * Both calls go to `data-servicediscovery.<region>…`, and the SDK puts that `data-` before any other host too:
 * `data-localhost`, `data-vpce-…`. So it is switched off for hosts that are not AWS's own; a profile's endpoint is
 * only known once the SDK has found it, which is after the client was made and before each request is.
 */
function prefixOnlyAwsHosts(client: ServiceDiscoveryClient): void {
  const own = /^servicediscovery(-fips)?\.[a-z]+(-[a-z]+)+-\d+\./;
  client.middlewareStack.addRelativeTo(
    <Args, Result>(next: (args: Args) => Result, context: { endpointV2?: { url?: URL } }) =>
      (args: Args) => {
        const { hostname = "" } = context.endpointV2?.url ?? {};
        client.config.disableHostPrefix = !own.test(hostname);
        return next(args);
      },
    { name: "bynameHostPrefix", relation: "after", toMiddleware: "endpointV2Middleware" },
  );
}

/**
 * Revisions have 64 bits, and real ones are longer than a double is exact
 * (71462688285136850 in https://docs.aws.amazon.com/cloud-map/latest/dg/tutorial-private-namespace.html): the next ones
 * would look the same. In quotes the SDK leaves the digits as they are.
 */
function keepRevisionsWhole(client: ServiceDiscoveryClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { body: AsyncIterable<Uint8Array> | Uint8Array };
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      response.body = Buffer.from(text.replace(/("InstancesRevision"\s*:\s*)(\d+)/, '$1"$2"'));
      return result;
    },
    { name: "bynameRevision", step: "deserialize", priority: "low" },
  );
}

function callsOf(sdk: Sdk, client: ServiceDiscoveryClient, closed: AbortSignal): CloudMapCalls {
  const until = (signal: AbortSignal) => ({ abortSignal: AbortSignal.any([signal, closed]) });
  return {
    async discover(service, signal) {
      const { queryParameters, optionalParameters } = service;
      const command = new sdk.DiscoverInstancesCommand({
        ...nameOf(service),
        // The API's own default is 100, and it says nothing of what it leaves out.
        MaxResults: 1_000,
        // Fails open, as Route 53 does: with all instances unhealthy, the check is likelier wrong than all of them.
        HealthStatus: "HEALTHY_OR_ELSE_ALL",
        ...(queryParameters ? { QueryParameters: queryParameters } : {}),
        ...(optionalParameters ? { OptionalParameters: optionalParameters } : {}),
      });
      const { Instances: instances = [], InstancesRevision } = await client.send(command, until(signal));
      return { instances, revision: digits(InstancesRevision) };
    },
    async revision(service, signal) {
      const command = new sdk.DiscoverInstancesRevisionCommand(nameOf(service));
      return digits((await client.send(command, until(signal))).InstancesRevision);
    },
  };
}

function digits(revision: number | undefined): Revision | undefined {
  return revision === undefined || revision === null ? undefined : String(revision);
}

function nameOf({ httpName, discoveryName, ownerAccount }: Service) {
  return {
    NamespaceName: httpName,
    ServiceName: discoveryName,
    ...(ownerAccount ? { OwnerAccount: ownerAccount } : {}),
  };
}
