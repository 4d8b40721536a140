import type { Byname, BynameError, Query, ServiceState } from "byname";
import { askEach, nameOf } from "../ask.ts";
import { openAwsApi } from "../aws.ts";
import { readPlace } from "../place.ts";
import { queriesFor } from "../queries.ts";
import { bynameWith, type Setting } from "../setting.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { WrongUsage } from "../wrong-usage.ts";
import { type Survey, survey } from "./survey.ts";
import { surveyText } from "./view.ts";

export interface ResolveOptions {
  /** Only this source counts. */
  readonly source?: string;
  readonly watch?: boolean;
  readonly json?: boolean;
}

/**
 * The command `resolve`.
 * @param interrupted asked for only where nothing else ends the command.
 * @returns the exit code: 1 where the service cannot be resolved.
 */
export async function resolve(
  whole: Setting,
  service: string,
  options: ResolveOptions,
  terminal: Terminal,
  interrupted: () => AbortSignal,
): Promise<number> {
  const setting = narrowed(whole, options.source);
  const [query] = await queriesFor(setting, [service]);
  const draw = (shown: Survey) =>
    terminal.write(options.json ? `${json(shown, options)}\n` : surveyText(shown, terminal));
  await using byname = bynameWith(setting);
  const look = lookAt(setting, query!);
  if (options.watch) {
    await watch(byname, look, {
      service,
      until: interrupted(),
      draw,
      terminal,
      isPlain: options.json === true,
    });
    return 0;
  }
  const shown = await look(() => stateOf(byname, service));
  draw(shown);
  return shown.error ? 1 : 0;
}

function narrowed(setting: Setting, source: string | undefined): Setting {
  if (source === undefined) return setting;
  const builtIn = ["serviceConnect", "dns", "cloudMap", "fixed"] as const;
  const known = [...setting.sources, ...builtIn];
  const found = known.find((one) => nameOf(one).toLowerCase() === source.toLowerCase());
  const names = [...new Set(known.map(nameOf))].join(", ");
  if (!found) throw new WrongUsage(`--source: got "${source}"; write one of ${names}`);
  return { ...setting, sources: [found] };
}

async function stateOf(byname: Byname, service: string): Promise<ServiceState> {
  try {
    return await byname.resolve(service);
  } catch (error) {
    return { service, endpoints: [], error: error as BynameError };
  }
}

type Look = (resolved: () => Promise<ServiceState>) => Promise<Survey>;

/** One look at everything around a state; it remembers when each endpoint was first seen. */
function lookAt(setting: Setting, query: Query): Look {
  const seen = new Map<string, number>();
  return async (resolved) => {
    const answers = await askEach(setting, query.service.key);
    // Afterwards: each source has been used once then, so none is passed over only because it was still loading.
    const state = await resolved();
    const asksApi = answers.some(({ source, answer }) => source === "cloudMap" && answer === "endpoints");
    const health = asksApi ? await healthOf(setting, query) : new Map<string, string>();
    return survey({ state, answers, health, seen, now: Date.now() });
  };
}

async function healthOf(setting: Setting, query: Query): Promise<Map<string, string>> {
  const api = await openAwsApi(setting, () => readPlace(setting.env));
  const told = await api.instances(query);
  api.close();
  const health = new Map<string, string>();
  for (const { InstanceId, HealthStatus, Attributes } of "value" in told ? told.value : []) {
    const names = [InstanceId, Attributes?.AWS_INSTANCE_IPV4, Attributes?.AWS_INSTANCE_IPV6];
    for (const name of names) if (name && HealthStatus) health.set(name, HealthStatus);
  }
  return health;
}

interface Watching {
  readonly service: string;
  readonly until: AbortSignal;
  readonly draw: (shown: Survey) => void;
  readonly terminal: Terminal;
  /** One line of JSON for each change, and no screen. */
  readonly isPlain: boolean;
}

const clearScreen = "\x1b[H\x1b[J";

/** Draws at each change, until it is told to end. */
async function watch(byname: Byname, look: Look, watching: Watching) {
  const { service, until, draw, terminal, isPlain } = watching;
  // A watch does not keep a process alive; here there is nothing else to do.
  const alive = setInterval(() => {}, 60_000);
  try {
    for await (const state of byname.watch(service, { signal: until })) {
      const shown = await look(async () => state);
      if (until.aborted) return;
      if (terminal.isLive && !isPlain) terminal.write(clearScreen);
      else if (!isPlain) terminal.write(`${new Date(shown.at).toISOString()}\n`);
      draw(shown);
    }
  } finally {
    clearInterval(alive);
  }
}

/** One line for each change while watching, so that a pipe can take them apart. */
function json(shown: Survey, { watch }: ResolveOptions): string {
  return watch ? JSON.stringify(shown) : JSON.stringify(shown, null, 2);
}
