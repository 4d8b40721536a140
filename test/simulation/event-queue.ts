import type { Clock } from "../../src/ground/clock.ts";

/** EventQueue: a clock whose time is that of the next event. An hour takes as long as its events do. */
export class EventQueue implements Clock {
  #time = 0;
  #count = 0;
  /** A binary heap, the earliest first; events of the same time in the order they were set. */
  readonly #events: Event[] = [];

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  after(ms: number, run: () => void): () => void {
    const event: Event = { at: this.#time + ms, order: this.#count++, run };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Runs what falls due until then, in order. */
  runUntil(end: number): void {
    while (this.#events.length > 0 && this.#events[0]!.at <= end) {
      const { at, run } = this.#pop();
      this.#time = at;
      run?.();
    }
    this.#time = end;
  }

  #push(event: Event): void {
    const events = this.#events;
    let place = events.push(event) - 1;
    for (
      let parent = (place - 1) >> 1;
      place > 0 && before(event, events[parent]!);
      parent = (place - 1) >> 1
    ) {
      events[place] = events[parent]!;
      place = parent;
    }
    events[place] = event;
  }

  #pop(): Event {
    const events = this.#events;
    const first = events[0]!;
    const last = events.pop()!;
    if (events.length === 0) return first;
    let place = 0;
    for (let child = 1; child < events.length; child = 2 * place + 1) {
      if (child + 1 < events.length && before(events[child + 1]!, events[child]!)) child++;
      if (!before(events[child]!, last)) break;
      events[place] = events[child]!;
      place = child;
    }
    events[place] = last;
    return first;
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
