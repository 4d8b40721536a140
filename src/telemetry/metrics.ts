import type { Attributes, Counter, Histogram, Meter, MeterProvider } from "@opentelemetry/api";
import type { BynameError } from "../ground/errors.ts";
import type { BynameEvents } from "../ground/events.ts";
import type { SourceName } from "../ground/resolution.ts";
import { wayAttributes } from "./attributes.ts";
import { resolveAttributes } from "./lookup-spans.ts";
import { meterOf, meterProvider } from "./open-telemetry.ts";

/** Metrics: what is counted and measured, from the moment on that a program has registered a meter provider. */
export class Metrics {
  readonly #endpoints = new Endpoints();
  #provider: MeterProvider | undefined;
  #instruments: Instruments | undefined;

  /** @param ms of one request over the wire */
  measure(ms: number, attributes: () => Attributes): void {
    this.#now?.requests.record(ms / 1_000, attributes());
  }

  attempt(attempt: BynameEvents["byname:attempt"]): void {
    this.#now?.attempts.add(1, wayAttributes(attempt));
    if (attempt.resent > 0) this.#now?.retries.add(1, { "byname.service": attempt.service });
  }

  resolved({ service, resolution, error, without, attempts, ms }: BynameEvents["byname:resolve"]): void {
    if (resolution) this.#endpoints.note(resolution);
    else if (!without && hasNone(error)) this.#endpoints.lost(service);
    const attributes = { "byname.service": service };
    this.#now?.resolves.record(ms / 1_000, { ...attributes, ...resolveAttributes({ resolution, error }) });
    for (const { source, answer } of attempts)
      this.#now?.answers.add(1, { ...attributes, "byname.source": source, "byname.answer": answer });
  }

  /** Targets of SRV records are named after tasks, which come and go, and most names have no IPv6: an answer, no trouble. */
  asked({ of, error, ms }: BynameEvents["byname:dns"]): void {
    const isTrouble = error !== undefined && error !== "ENODATA";
    const attributes = { "dns.question.name": of, ...(isTrouble ? { "error.type": error } : {}) };
    this.#now?.questions.record(ms / 1_000, attributes);
  }

  refused({ service, source }: BynameEvents["byname:refuse"]): void {
    this.#now?.refused.add(1, { "byname.service": service, "byname.source": source });
  }

  /** @param ms is 0 for an endpoint that is back. */
  ejected({ service, ms }: BynameEvents["byname:eject"]): void {
    if (ms > 0) this.#now?.ejections.add(1, { "byname.service": service });
  }

  fellBack({ service, source, state }: BynameEvents["byname:fallback"]): void {
    if (state === "left") this.#now?.fallbacks.add(1, { "byname.service": service, "byname.source": source });
  }

  get #now(): Instruments | undefined {
    const provider = meterProvider();
    if (provider !== this.#provider) {
      this.#provider = provider;
      this.#instruments = provider && instruments(meterOf(provider), this.#endpoints);
    }
    return this.#instruments;
  }
}

/** How many endpoints there are, as the last lookups have it. Callers choose the services, so their number is bounded. */
class Endpoints {
  readonly #known = new Map<string, { readonly count: number; readonly source: SourceName | undefined }>();

  note({ service, source, endpoints }: NonNullable<BynameEvents["byname:resolve"]["resolution"]>): void {
    this.#set(service, source, endpoints.length);
  }

  lost(service: string): void {
    this.#set(service, this.#known.get(service)?.source, 0);
  }

  #set(service: string, source: SourceName | undefined, count: number): void {
    this.#known.delete(service);
    this.#known.set(service, { count, source });
    if (this.#known.size > 1_000) this.#known.delete(this.#known.keys().next().value!);
  }

  observe(observer: { observe(count: number, attributes: Attributes): void }): void {
    for (const [service, { count, source }] of this.#known) {
      const attributes = { "byname.service": service, ...(source ? { "byname.source": source } : {}) };
      observer.observe(count, attributes);
    }
  }
}

/** Whether those who were asked know that there are none; where they are in trouble, nobody does. */
function hasNone(error: BynameError | undefined): boolean {
  return error?.code === "BYNAME_NO_ENDPOINTS" || error?.code === "BYNAME_SERVICE_NOT_FOUND";
}

interface Instruments {
  readonly requests: Histogram;
  readonly questions: Histogram;
  readonly resolves: Histogram;
  readonly answers: Counter;
  readonly attempts: Counter;
  readonly retries: Counter;
  readonly fallbacks: Counter;
  readonly ejections: Counter;
  readonly refused: Counter;
}

/**
 * The first two are the conventions' own, with their buckets
 * (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration,
 * https://opentelemetry.io/docs/specs/semconv/dns/dns-metrics/#metric-dnslookupduration).
 */
function instruments(meter: Meter, endpoints: Endpoints): Instruments {
  const duration = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries: seconds } });
  const count = (name: string, unit: string, description: string) =>
    meter.createCounter(name, { description, unit: `{${unit}}` });
  meter
    .createObservableGauge("byname.endpoints", {
      description: "Endpoints that a service has, as its last lookup told.",
      unit: "{endpoint}",
    })
    .addCallback((observer) => endpoints.observe(observer));
  return {
    requests: duration("http.client.request.duration", "Duration of HTTP client requests."),
    questions: duration("dns.lookup.duration", "Measures the time taken to perform a DNS lookup."),
    resolves: duration("byname.resolve.duration", "How long lookups of a service took."),
    answers: count("byname.source.answers", "answer", "What sources answered."),
    attempts: count("byname.attempts", "attempt", "Attempts that came to an answer or a failure."),
    retries: count("byname.retries", "attempt", "Attempts for requests that had one before."),
    fallbacks: count("byname.fallbacks", "fallback", "Sources left since their endpoints do not work."),
    ejections: count("byname.ejections", "endpoint", "Endpoints left out for failing again and again."),
    refused: count("byname.refused_addresses", "address", "Addresses that no service should have."),
  };
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
