import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuiltInSource, Byname, BynameOptions, Source } from "byname";
import { ConfigError, createByname } from "byname";

/** What every command can be told about where to look. */
export interface Flags {
  readonly config?: string;
  readonly namespace?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

export type Env = Record<string, string | undefined>;

/**
 * Setting: what the program that is looked into would work with: the catalog, the sources and their order, the DNS
 * servers and the API, from the places where byname takes them, the command's flags first.
 */
export interface Setting {
  readonly options: BynameOptions;
  readonly env: Env;
  /** In their order. */
  readonly sources: readonly (BuiltInSource | Source)[];
  /** Name servers to ask instead of the system's. */
  readonly dnsServers: readonly string[] | undefined;
  readonly hostsFile: string;
  /** URL of the API, where it is not AWS's own. */
  readonly endpoint: string | undefined;
  /** Where one is written down. */
  readonly region: string | undefined;
  /** The config file that was read. */
  readonly file: string | undefined;
}

const ownFiles = ["byname.config.json", "byname.config.ts", "byname.config.mjs", "byname.config.js"];
const usualSources = ["serviceConnect", "dns", "cloudMap", "fixed"] as const;

/**
 * @param env the command's own environment. What a flag says goes before it, so the flag's variable is changed in it;
 *   BYNAME_SOURCES is taken out, since each source is asked alone.
 * @throws ConfigError where anything is wrong.
 */
export function settingFor(flags: Flags, env: Env = process.env, directory = process.cwd()): Setting {
  const found = ownFiles.map((name) => resolve(directory, name)).find((path) => existsSync(path));
  const config = flags.config ?? (env.BYNAME_CONFIG || found);
  if (config) env.BYNAME_CONFIG = config;
  if (flags.namespace) {
    // What the API calls another one is of no use.
    if (env.BYNAME_NAMESPACE && env.BYNAME_NAMESPACE !== flags.namespace) delete env.BYNAME_HTTP_NAME;
    env.BYNAME_NAMESPACE = flags.namespace;
  }
  const { region, endpoint } = flags;
  const cloudMap = { ...(region ? { region } : {}), ...(endpoint ? { endpoint } : {}) };
  const options: BynameOptions = region || endpoint ? { cloudMap } : {};
  // Here everything is checked, so what follows may read it as it is.
  createByname(options, { env });
  const file = config ? contentOf(config) : {};
  const sources = listed(env.BYNAME_SOURCES) as BuiltInSource[] | undefined;
  delete env.BYNAME_SOURCES;
  return {
    options,
    env,
    sources: sources ?? file.sources ?? usualSources,
    dnsServers: listed(env.BYNAME_DNS_SERVERS) ?? file.dns?.servers,
    hostsFile: env.BYNAME_HOSTS_FILE || (file.serviceConnect?.hostsFile ?? "/etc/hosts"),
    endpoint: endpoint ?? file.cloudMap?.endpoint ?? endpointIn(env),
    region: region ?? file.cloudMap?.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined),
    file: config,
  };
}

/** An instance that asks these sources only; all of the setting's where none are named. */
export function bynameWith(
  { options, env, sources: usual }: Setting,
  sources: readonly (BuiltInSource | Source)[] = usual,
  more: BynameOptions = {},
): Byname {
  return createByname({ ...options, ...more, sources }, { env });
}

/** As AWS's SDK reads it. */
function endpointIn(env: Env): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true") return undefined;
  const variable = ["AWS_ENDPOINT_URL_SERVICEDISCOVERY", "AWS_ENDPOINT_URL"].find((name) => env[name]);
  if (variable === undefined) return undefined;
  const { protocol } = URL.parse(env[variable]!) ?? {};
  if (protocol === "http:" || protocol === "https:") return env[variable];
  throw new ConfigError(variable, env[variable], 'a URL such as "http://127.0.0.1:4566"');
}

function listed(text: string | undefined): string[] | undefined {
  const items = (text ?? "").split(",").map((item) => item.trim());
  return items.some((item) => item !== "") ? items.filter((item) => item !== "") : undefined;
}

function contentOf(config: string): BynameOptions {
  const path = config.startsWith("file:") ? fileURLToPath(config) : resolve(config);
  const loaded = createRequire(path)(path);
  return loaded?.default ?? loaded;
}
