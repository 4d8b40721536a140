import type { Attributes, Context, Span } from "@opentelemetry/api";
import type { BynameEvents, EventHeaders } from "../ground/events.ts";
import {
  attemptAttributes,
  isCode,
  isError,
  type Outcome,
  outcomeAttributes,
  requestAttributes,
  serverAttributes,
  spanName,
  wayAttributes,
} from "./attributes.ts";
import {
  activeContext,
  failed,
  inject,
  isSuppressed,
  kinds,
  spanIn,
  traceHeaders,
  tracer,
  withSpan,
} from "./open-telemetry.ts";
import { hasAny, isInstrumented, type UndiciRequest, whenCreated } from "./undici-request.ts";

type Start = BynameEvents["byname:start"];
type Send = BynameEvents["byname:send"];

/** Takes a duration of `http.client.request.duration`, in milliseconds, and asks for its attributes where it measures. */
export type Measure = (ms: number, attributes: () => Attributes) => void;

/**
 * RequestSpans: one client span for each attempt, a child of what was going on when its request was made, and carried on
 * by that attempt's headers. An agent's request has one span as a whole, since Node sends it once.
 *
 * Nobody wants two of them. Whoever else makes spans of requests has either made one around the whole request, which
 * is then the active one (Next.js), or has put its trace into the headers: before (a fetch that was wrapped,
 * `instrumentation-http`), or when undici made its request (`instrumentation-undici`). Then there is none from here.
 */
export class RequestSpans {
  readonly #measure: Measure;
  readonly #requests = new WeakMap<Start, RequestTrace>();
  readonly #attempts = new WeakMap<Send, AttemptTrace>();

  constructor(measure: Measure) {
    this.#measure = measure;
  }

  started(start: Start): void {
    const context = activeContext();
    const startedAt = performance.now();
    const trace: RequestTrace = { context, startedAt, outer: httpClientSpan(context) };
    this.#requests.set(start, trace);
    if (!start.headers) return;
    trace.whole = { startedAt, isMeasured: !isTraced(start.headers) };
    if (!trace.outer && trace.whole.isMeasured) trace.whole.span = open(start, context);
    if (trace.whole.isMeasured) carryOn(context, trace.whole.span, start.headers);
  }

  sending(send: Send): void {
    const trace = this.#requests.get(send.request);
    if (!trace) return;
    trace.wasSent = true;
    this.#attempts.set(send, trace.whole ?? this.#attempt(trace, send));
    trace.whole?.span?.setAttributes(attemptAttributes(send));
    if (trace.outer?.isRecording()) trace.outer.setAttributes(wayAttributes(send));
  }

  ended({ sent, status, error, ms }: BynameEvents["byname:attempt"]): void {
    const attempt = sent && this.#attempts.get(sent);
    if (!attempt) return;
    attempt.cancel?.();
    const { whole } = this.#requests.get(sent.request)!;
    this.#end(attempt, sent.request, { status, error }, whole ? undefined : ms);
  }

  forgone({ sent, request = sent?.request, error }: BynameEvents["byname:forgo"]): void {
    const attempt = (sent && this.#attempts.get(sent)) ?? (request && this.#requests.get(request)?.whole);
    attempt?.cancel?.();
    if (attempt && error !== undefined) this.#end(attempt, request!, { error });
    else attempt?.span?.end();
  }

  /** What came to nothing before there was an attempt has a span all the same. */
  failed({ request, error }: BynameEvents["byname:fail"]): void {
    const trace = request && this.#requests.get(request);
    if (!trace || trace.wasSent) return;
    const { context, outer, startedAt } = trace;
    const begin = () => (outer ? undefined : open(request, context, undefined, startedAt));
    this.#end(trace.whole ?? { startedAt, isMeasured: true, span: begin() }, request, { error });
  }

  #attempt({ context, outer }: RequestTrace, send: Send): AttemptTrace {
    const headers = send.headers!;
    const attempt: AttemptTrace = { startedAt: performance.now(), isMeasured: true };
    const begin = (carrier: Pick<EventHeaders, "set">) => {
      if (!outer) attempt.span = open(send.request, context, () => attemptAttributes(send));
      carryOn(context, attempt.span, carrier);
    };
    if (isTraced(headers)) return attempt;
    if (!isInstrumented() || !tracer() || isSuppressed(context)) begin(headers);
    else attempt.cancel = waitForOthers(send, attempt, begin);
    return attempt;
  }

  /** @param ms how long it took, where that is known better than from here */
  #end({ span, isMeasured, startedAt }: AttemptTrace, start: Start, outcome: Outcome, ms?: number): void {
    if (isMeasured)
      this.#measure(ms ?? performance.now() - startedAt, () => ({
        ...serverAttributes(start),
        ...outcomeAttributes(outcome),
      }));
    if (!span) return;
    span.setAttributes(outcomeAttributes(outcome));
    const { error } = outcome;
    // What the attribute says is not said again.
    const message = error !== undefined && !isCode(error) ? { message: error } : {};
    if (isError(outcome)) span.setStatus({ code: failed, ...message });
    span.end();
  }
}

interface RequestTrace {
  /** What was going on when the request was made. */
  readonly context: Context;
  /** By `performance.now()`. */
  readonly startedAt: number;
  /** The span that somebody else has made of the whole request. */
  readonly outer: Span | undefined;
  /** An agent's request. */
  whole?: AttemptTrace;
  wasSent?: boolean;
}

interface AttemptTrace {
  /** By `performance.now()`. */
  readonly startedAt: number;
  span?: Span | undefined;
  /** Whether nobody else measures it. */
  isMeasured: boolean;
  /** Waits no more for undici's request. */
  cancel?: () => void;
}

/** Begins only where nobody has made a span when undici has made its request. */
function waitForOthers(
  send: Send,
  attempt: AttemptTrace,
  begin: (carrier: Pick<EventHeaders, "set">) => void,
): () => void {
  const names = traceHeaders();
  // A header of its scope would be there twice, and would be taken for theirs.
  for (const name of names) send.headers!.set(name, undefined);
  return whenCreated(send, (request) => {
    // Without a propagator there is no telling, and better no span than two.
    attempt.isMeasured = names.length > 0 && !hasAny(request, names);
    if (attempt.isMeasured) begin({ set: (name, value) => addOnce(request, name, value!) });
  });
}

/** What is there may be the caller's own, such as baggage, which says nothing of a trace. */
function addOnce(request: UndiciRequest, name: string, value: string): void {
  if (!hasAny(request, [name.toLowerCase()])) request.addHeader(name, value);
}

/** @param more its attributes besides those of the request */
function open(
  start: Start,
  context: Context,
  more: () => Attributes = () => ({}),
  startTime?: number,
): Span | undefined {
  const made = tracer();
  if (!made) return undefined;
  const attributes = { ...requestAttributes(start), ...more() };
  const options = { kind: kinds.client, attributes, ...(startTime === undefined ? {} : { startTime }) };
  return made.startSpan(spanName(start), options, context);
}

function carryOn(context: Context, span: Span | undefined, headers: Pick<EventHeaders, "set">): void {
  inject(withSpan(context, span), (name, value) => headers.set(name, value));
}

function isTraced(headers: EventHeaders): boolean {
  return traceHeaders().some((name) => headers.has(name));
}

/** The active span, where that is a client's of HTTP already, in the words of any version of the conventions. */
function httpClientSpan(context: Context): Span | undefined {
  const span = spanIn(context) as (Span & { kind?: number; attributes?: Attributes }) | undefined;
  const { kind, attributes } = span ?? {};
  const isHttp = attributes && ("http.request.method" in attributes || "http.method" in attributes);
  return kind === kinds.client && isHttp ? span : undefined;
}
