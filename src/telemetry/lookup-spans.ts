import type { Attributes, Link, Span } from "@opentelemetry/api";
import type { BynameEvents } from "../ground/events.ts";
import { activeContext, failed, kinds, spanIn, tracer } from "./open-telemetry.ts";

type Lookup = BynameEvents["byname:lookup"];

/**
 * LookupSpans: a span `byname.resolve {service}` for each lookup: within the trace of the request that waits for it, or in
 * one of its own with a link to that of the request that it is to keep from waiting later. What is served from the cache
 * has none.
 */
export class LookupSpans {
  readonly #spans = new WeakMap<Lookup, Span>();

  begun(lookup: Lookup): void {
    const { service, isWaitedFor } = lookup;
    const context = activeContext();
    const active = spanIn(context)?.spanContext();
    // Nobody asked for it that a trace would be about.
    if (!isWaitedFor && !active) return;
    const links: Link[] = active && !isWaitedFor ? [{ context: active }] : [];
    const options = {
      kind: kinds.internal,
      root: !isWaitedFor,
      links,
      attributes: { "byname.service": service },
    };
    const span = tracer()?.startSpan(`byname.resolve ${service}`, options, context);
    if (span) this.#spans.set(lookup, span);
  }

  ended({ lookup, resolution, error, attempts }: BynameEvents["byname:resolve"]): void {
    const span = lookup && this.#spans.get(lookup);
    if (!span) return;
    span.setAttributes(resolveAttributes({ resolution, error }));
    if (resolution) span.setAttribute("byname.endpoints", resolution.endpoints.length);
    for (const { source, answer, detail, ms } of attempts) {
      const said = {
        "byname.source": source,
        "byname.answer": answer,
        "byname.detail": detail,
        "byname.ms": ms,
      };
      span.addEvent("byname.answer", said);
    }
    if (error) span.setStatus({ code: failed });
    span.end();
  }
}

/** What came of a lookup. */
export function resolveAttributes({
  resolution,
  error,
}: {
  resolution?: BynameEvents["byname:resolve"]["resolution"] | undefined;
  error?: BynameEvents["byname:resolve"]["error"] | undefined;
}): Attributes {
  return {
    ...(resolution ? { "byname.source": resolution.source } : {}),
    ...(error ? { "error.type": error.code } : {}),
  };
}
