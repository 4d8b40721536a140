import type { DiscoverInstancesResponse, ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
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
  discover(service: Service, signal: AbortSignal): Promise<DiscoverInstancesResponse>;
  /** Changes with each registration and deregistration; `undefined` where the API does not tell. */
  revision(service: Service, signal: AbortSignal): Promise<number | undefined>;
}

/** CloudMapClient: the AWS SDK, loaded by the first call since it costs some 40 ms and 25 MB. */
export class CloudMapClient {
  readonly #options: CloudMapClientOptions;
  #opening: Promise<Opened | undefined> | undefined;

  constructor(options: CloudMapClientOptions) {
    this.#options = options;
  }

  /** `undefined` where no region is known, so that there is no API to ask. */
  async open(): Promise<CloudMapCalls | undefined> {
    this.#opening ??= open(this.#options);
    try {
      const opened = await this.#opening;
      if (!opened) this.#opening = undefined;
      return opened?.calls;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    opened?.client.destroy();
  }
}

interface Opened {
  readonly client: ServiceDiscoveryClient;
  readonly calls: CloudMapCalls;
}

async function open(options: CloudMapClientOptions): Promise<Opened | undefined> {
  const endpoint = endpointOf(options);
  const region = (await regionOf(options)) ?? (endpoint === undefined ? undefined : regionToSign);
  const sdk = await import("@aws-sdk/client-servicediscovery");
  const client = new sdk.ServiceDiscoveryClient({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...credentialsOf(options),
    // The second attempt is for a kept-alive socket that died while the process was frozen. More would only hold up
    // the next source, and the resolver spaces lookups of a source in trouble by itself.
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: defaults.cloudMapConnectTimeout,
      requestTimeout: defaults.cloudMapRequestTimeout,
      // Without this the SDK only logs that the time is over, and goes on waiting.
      throwOnRequestTimeout: true,
    },
  });
  prefixOnlyAwsHosts(client);
  if (!(await client.config.region().catch(() => undefined))) return void client.destroy();
  return { client, calls: callsOf(sdk, client) };
}

/** A signature needs a region; an endpoint that comes without one is an emulator, which takes any. */
const regionToSign = "us-east-1";

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

function callsOf(
  sdk: typeof import("@aws-sdk/client-servicediscovery"),
  client: ServiceDiscoveryClient,
): CloudMapCalls {
  return {
    discover(service, abortSignal) {
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
      return client.send(command, { abortSignal });
    },
    async revision(service, abortSignal) {
      const command = new sdk.DiscoverInstancesRevisionCommand(nameOf(service));
      return (await client.send(command, { abortSignal })).InstancesRevision;
    },
  };
}

function nameOf({ namespace, discoveryName, ownerAccount }: Service) {
  return {
    NamespaceName: namespace,
    ServiceName: discoveryName,
    ...(ownerAccount ? { OwnerAccount: ownerAccount } : {}),
  };
}
