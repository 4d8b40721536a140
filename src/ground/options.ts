import type { Balance } from "./balance.ts";
import type { RequestPolicy } from "./request-policy.ts";
import type { BuiltInSource } from "./resolution.ts";
import type { Scope } from "./scope.ts";
import type { Scheme } from "./service.ts";
import type { Source } from "./source.ts";

/**
 * Options: what a user may set. Everything is optional; nothing here is needed where names, ports and the
 * namespace are found elsewhere.
 *
 * The same settings come from three places. The environment wins over code, and code over the config file:
 * whoever runs a program knows best where it runs. Groups and entries of the catalog are merged field by field, lists
 * replaced; only `httpName` goes with the namespace that it belongs to. AWS's own variables (`AWS_REGION`,
 * `AWS_ENDPOINT_URL`) come last, as with AWS's SDK. A variable that is empty counts as not set.
 *
 * Whatever is wrong is a ConfigError of `createByname`, which names the place and says what to write instead.
 */
export interface BynameOptions {
  /**
   * Cloud Map namespace of services that do not name their own, such as `"sd.local"`. The API tells case apart.
   * Environment: `BYNAME_NAMESPACE`.
   * @default none; services without one are looked for by Service Connect's alias and their fixed address only
   */
  readonly namespace?: string;
  /**
   * What Cloud Map's API calls that namespace, where DNS calls it otherwise: of two namespaces with one name, as in two VPCs
   * of an account, the second has an HttpName of its own. By the common name the API would tell of the first one's tasks.
   * `aws servicediscovery list-namespaces` shows it, and so does `byname doctor`.
   * Environment: `BYNAME_HTTP_NAME`.
   * @default the namespace's name
   */
  readonly httpName?: string;
  /**
   * The catalog: the names that byname answers for. `{}` is enough where a service's port is found elsewhere. A key
   * with a port, `"metrics:6334"`, is a service of its own and wins over `metrics`. Case makes no difference.
   * @default {}
   */
  readonly services?: Readonly<Record<string, ServiceOptions>>;
  /**
   * Which sources are asked, in which order; own sources are objects among the names.
   * Environment: `BYNAME_SOURCES`, built-in names separated by commas.
   * @default ["serviceConnect", "dns", "cloudMap", "fixed"]
   */
  readonly sources?: readonly (BuiltInSource | Source)[];
  /** How sources are asked, and how long an answer serves. */
  readonly resolve?: {
    /**
     * Milliseconds after which a source that has not answered is joined by the next one; 0 asks all of them at once.
     * @default 250
     */
    readonly hedgeAfter?: number;
    /**
     * The longest that one source may take over one lookup, in milliseconds.
     * @default 5000
     */
    readonly timeout?: number;
    /**
     * How long past its lifetime an answer may be served, in milliseconds: while a new one is being fetched, and while
     * its sources fail. Nobody waits for a new one in that time.
     * @default 300000
     */
    readonly staleFor?: number;
  };
  /** Where its aliases are read. */
  readonly serviceConnect?: {
    /**
     * Environment: `BYNAME_HOSTS_FILE`.
     * @default "/etc/hosts"
     */
    readonly hostsFile?: string;
    /**
     * Addresses in the hosts file that are taken as Service Connect's, as a CIDR block.
     * Environment: `BYNAME_SERVICE_CONNECT_RANGE`.
     * @default "127.255.0.0/16"
     */
    readonly range?: string;
  };
  /** Whom to ask. */
  readonly dns?: {
    /**
     * Name servers to ask instead of the system's: `"10.0.0.2"`, `"127.0.0.1:5353"`, `"[::1]:53"`.
     * Environment: `BYNAME_DNS_SERVERS`, separated by commas.
     * @default the system's
     */
    readonly servers?: readonly string[];
  };
  /** How its API is reached. */
  readonly cloudMap?: {
    /**
     * URL of the Cloud Map API, for emulators and interface endpoints; the `data-` host prefix is then left out.
     * Environment: AWS's own `AWS_ENDPOINT_URL_SERVICEDISCOVERY` or `AWS_ENDPOINT_URL`.
     * @default AWS's own for the region
     */
    readonly endpoint?: string;
    /**
     * Region of the Cloud Map API. Environment: AWS's own `AWS_REGION` or `AWS_DEFAULT_REGION`.
     * @default in ECS the one that the task's metadata tells
     */
    readonly region?: string;
  };
  /** How long and how often requests are tried. */
  readonly request?: Partial<RequestPolicy>;
  /**
   * What the work asks that a request belongs to; called once for each request to a service. For integrations, such as
   * `@byname/lambda`.
   * @default none
   */
  readonly scope?: () => Scope | undefined;
  /**
   * How the endpoint of an attempt is chosen. Through Service Connect's proxy there is nothing to choose.
   * @default "leastLoaded"
   */
  readonly balance?: Balance;
  /**
   * The zone that this process runs in, by name (`eu-west-1a`): endpoints there come first, as long as they can take the
   * load. ECS tasks find it out; Lambda functions know only the id of their zone, see `zoneNames`.
   * Environment: `BYNAME_ZONE`.
   */
  readonly zone?: string;
  /**
   * Names of zones by their ids, such as `{ "euw1-az3": "eu-west-1b" }`. They differ from account to account;
   * `aws ec2 describe-availability-zones` lists them.
   */
  readonly zoneNames?: Readonly<Record<string, string>>;
  /**
   * CIDR blocks that endpoint addresses from DNS or the API must lie in. Left out, every address but loopback,
   * link-local, metadata, unspecified and multicast ones is accepted; of these, only loopback can be allowed here.
   * Environment: `BYNAME_ALLOW`, separated by commas.
   */
  readonly allow?: readonly string[];
  /**
   * Path or file URL of a `byname.config.json`, `.js`, `.mjs` or `.ts` file whose default export holds these same options.
   * A relative path starts at the working directory. It cannot name another one. Environment: `BYNAME_CONFIG`.
   * @default none
   */
  readonly config?: string | URL;
}

/** One entry of the catalog. */
export interface ServiceOptions {
  /**
   * The port of the service's Service Connect alias, which the hosts file does not tell.
   * @default the scheme's, where the URL has none of its own
   */
  readonly port?: number;
  /**
   * What the service speaks, where no URL says it.
   * @default "http"
   */
  readonly scheme?: Scheme;
  /**
   * Where a task listens when it is called without the proxy and neither an SRV record nor an instance attribute tells.
   * @default port
   */
  readonly containerPort?: number;
  /**
   * Name in the task's hosts file (`clientAliases[].dnsName`).
   * @default the service's name
   */
  readonly alias?: string;
  /**
   * Name of the Cloud Map service. Service Connect registers tasks under the discovery name, not under the alias.
   * In a namespace without DNS the API tells case apart.
   * @default the service's name
   */
  readonly discoveryName?: string;
  /**
   * Cloud Map namespace, where it is not the common one.
   * @default the option `namespace`
   */
  readonly namespace?: string;
  /**
   * What Cloud Map's API calls it, where DNS calls it otherwise.
   * @default the option `httpName` where its namespace is the common one, else its namespace's name
   */
  readonly httpName?: string;
  /**
   * Last resort when no source has an endpoint: a URL or a list of them, without a path. Any address goes.
   * Over HTTPS the certificate is checked against this URL's host name. The scheme is this
   * URL's: with `http:` here a request for `https://orders/` leaves in plain text.
   * Environment: `BYNAME_<SERVICE>_URL`, separated by commas (`BYNAME_ORDERS_API_URL` for `orders-api`). Where `orders.api`
   * stands in the catalog as well, that variable would be for both and is refused: write `fixed` for each of them.
   */
  readonly fixed?: string | readonly string[];
  /** Account id of the owner, 12 digits as text, where the namespace is shared from another account. */
  readonly ownerAccount?: string;
  /** Cloud Map `QueryParameters`: attributes that an instance must have. */
  readonly queryParameters?: Readonly<Record<string, string>>;
  /** Cloud Map `OptionalParameters`: attributes that are preferred, and ignored where no instance has them. */
  readonly optionalParameters?: Readonly<Record<string, string>>;
  /** How long and how often requests to it are tried, where that differs from the others. */
  readonly request?: Partial<RequestPolicy>;
  /** How its endpoints are chosen, where that differs from the others. */
  readonly balance?: Balance;
}
