import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type BynameError, type BynameEvents, ConfigError } from "byname";

export interface EmfOptions {
  /**
   * CloudWatch's namespace for the metrics.
   * @default "byname"
   */
  readonly namespace?: string;
  /**
   * Takes a line, without its end. By default it goes to the process's standard output, and not to `console.log`, which
   * Lambda wraps where a function logs as JSON.
   */
  readonly write?: (line: string) => void;
}

/**
 * Emf: byname's metrics for CloudWatch without a collector: lines in the Embedded Metric Format, which CloudWatch Logs
 * turns into metrics
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 *
 * What happens in one turn of the event loop is one line for each service and source, so nothing waits for an end of the
 * invocation, and nothing is left when the environment is frozen.
 * @returns ends it
 * @throws ConfigError where the namespace is none
 */
export function startEmf({ namespace = "byname", write = print }: EmfOptions = {}): () => void {
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html and PutMetricData
  if (!/^(?!:)[\w.\-/#: ]{1,255}$/.test(namespace) || namespace.trim() === "" || namespace.startsWith("AWS/"))
    throw new ConfigError(
      "namespace",
      namespace,
      "letters, digits, spaces, and .-_/#: (not first a :, not AWS/…)",
    );
  const collected = new Collected(namespace, write);
  const stops = [
    // Only where beginnings are heard does what is given up tell which request it was.
    listen("byname:start", () => {}),
    listen("byname:attempt", ({ service, source, status, error, resent, ms }) => {
      const isError = error !== undefined || status! >= 500;
      collected.add(
        { service, source },
        { Duration: ms, Errors: Number(isError), Retries: Number(resent > 0) },
      );
    }),
    listen("byname:fail", ({ service, attempts }) => {
      // Attempts have been told one by one.
      if (attempts === 0) collected.add({ service, source: "none" }, { Errors: 1 });
    }),
    listen("byname:forgo", ({ sent, request = sent?.request, error }) => {
      if (request && error !== undefined)
        collected.add({ service: request.service, source: sent?.source ?? "none" }, { Errors: 1 });
    }),
    listen("byname:resolve", ({ service, resolution, error, without, ms }) => {
      const source = resolution?.source ?? "none";
      collected.add({ service, source }, { LookupDuration: ms, LookupErrors: Number(error !== undefined) });
      if (resolution || (!without && hasNone(error)))
        collected.add({ service, source }, { Endpoints: resolution?.endpoints.length ?? 0 });
    }),
    listen("byname:fallback", ({ service, source, state }) => {
      if (state === "left") collected.add({ service, source }, { Fallbacks: 1 });
    }),
    listen("byname:refuse", ({ service, source }) => {
      collected.add({ service, source }, { RefusedAddresses: 1 });
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    collected.flush();
  };
}

/** Whether sources know that there are none; where they are in trouble, nobody does. */
function hasNone(error: BynameError | undefined): boolean {
  return error?.code === "BYNAME_NO_ENDPOINTS" || error?.code === "BYNAME_SERVICE_NOT_FOUND";
}

/** What there is of metrics, and the units that CloudWatch has for them. */
const units = {
  Duration: "Milliseconds",
  Errors: "Count",
  Retries: "Count",
  LookupDuration: "Milliseconds",
  LookupErrors: "Count",
  Endpoints: "Count",
  Fallbacks: "Count",
  RefusedAddresses: "Count",
} as const;

type Values = Partial<Record<keyof typeof units, number>>;

interface Dimensions {
  readonly service: string;
  readonly source: string;
}

/** The most values that a metric of one line may have. */
const valuesMost = 100;

/** Collected: the values of this turn, by their dimensions. */
class Collected {
  readonly #namespace: string;
  readonly #write: (line: string) => void;
  readonly #groups = new Map<string, { of: Dimensions; values: Map<string, number[]> }>();

  #isFull = false;

  constructor(namespace: string, write: (line: string) => void) {
    this.#namespace = namespace;
    this.#write = write;
  }

  add(of: Dimensions, added: Values): void {
    const key = `${of.service} ${of.source}`;
    if (this.#groups.size === 0) setImmediate(() => this.flush());
    const group = this.#groups.get(key) ?? { of, values: new Map<string, number[]>() };
    this.#groups.set(key, group);
    for (const [name, value] of Object.entries(added)) {
      const values = group.values.get(name) ?? [];
      group.values.set(name, values);
      if (values.push(value) === valuesMost) this.#isFull = true;
    }
    if (this.#isFull) this.flush();
  }

  flush(): void {
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    this.#isFull = false;
    for (const { of, values } of groups) this.#write(this.#line(of, values));
  }

  #line(of: Dimensions, values: ReadonlyMap<string, readonly number[]>): string {
    const metrics = [...values.keys()].map((name) => ({ Name: name, Unit: units[name as keyof Values] }));
    const directive = {
      Namespace: this.#namespace,
      Dimensions: [["service"], ["service", "source"]],
      Metrics: metrics,
    };
    const meta = { Timestamp: Date.now(), CloudWatchMetrics: [directive] };
    return JSON.stringify({ _aws: meta, ...of, ...Object.fromEntries(values) });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function listen<Name extends keyof BynameEvents>(
  name: Name,
  hear: (event: BynameEvents[Name]) => void,
): () => void {
  const listener = (message: unknown) => hear(message as BynameEvents[Name]);
  subscribe(name, listener);
  return () => void unsubscribe(name, listener);
}
