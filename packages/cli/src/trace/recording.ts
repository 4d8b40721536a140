import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { bynameEvents } from "./byname-events.ts";
import type { Listener, Moment, Sheet, Span } from "./spans.ts";
import { Timeline } from "./timeline.ts";
import { UndiciEvents } from "./undici-events.ts";

/**
 * Recording: what byname's own channels, undici's and Node's timeline tell of one request. Nothing else may be under
 * way in the process meanwhile.
 */
export class Recording implements Sheet {
  readonly spans: Span[] = [];
  readonly moments: Moment[] = [];
  readonly #began = performance.now();
  readonly #undici = new UndiciEvents(this);
  readonly #timeline = new Timeline(this, this.#began);
  readonly #listeners: readonly Listener[] = [...bynameEvents(this), ...this.#undici.listeners];

  constructor() {
    for (const [channel, listen] of this.#listeners) subscribe(channel, listen);
  }

  now(): number {
    return performance.now() - this.#began;
  }

  /** Hears nothing any more, and puts the spans in order. */
  end(): void {
    for (const [channel, listen] of this.#listeners) unsubscribe(channel, listen);
    this.#undici.end();
    this.#timeline.end();
    this.spans.sort((a, b) => a.start - b.start || b.end - a.end);
  }
}
