/**
 * Timers: most timers of byname are cancelled a few milliseconds after they are set, several for each request. Those of
 * one length stand in one line, the earliest first, with one timer of Node's for all of them: setting and cancelling then
 * costs next to nothing. None of them keeps the process alive.
 *
 * One that is late, since the process stood still, lets those events go first that came meanwhile: a deadline is not to
 * pass while the answer lies there unread.
 *
 * A line runs in no async context, rather than in that of whoever came first, which it would keep alive as well. Of lines
 * there are so many and no more: with lengths that differ from request to request each timer is Node's own, as it is.
 */
export class Timers {
  readonly #now: () => number;
  readonly #lines = new Map<number, Line>();

  /** @param now milliseconds that never run backwards. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Calls `run` once `ms` milliseconds after `now`. Returns its cancel. */
  after(ms: number, run: () => void, now = this.#now()): () => void {
    let line = this.#lines.get(ms);
    if (!line) {
      if (this.#lines.size >= linesMost) return plain(ms, run);
      line = new Line(ms, this.#now, () => this.#lines.delete(ms));
      this.#lines.set(ms, line);
    }
    return line.add(run, now);
  }
}

/**
 * Place: where a timer stands in its line. A class, since V8 may come to allocate objects that are written down as literals
 * in its old space, where they keep what they point to, all of their request, until the next full collection.
 */
class Place {
  readonly at: number;
  readonly run: () => void;
  before: Place | undefined;
  behind: Place | undefined;
  isIn = true;

  constructor(at: number, run: () => void, before: Place | undefined) {
    this.at = at;
    this.run = run;
    this.before = before;
  }
}

/** Line: the timers of one length. It is given up when its last timer of Node's finds nobody in it. */
class Line {
  readonly #ms: number;
  readonly #now: () => number;
  readonly #onEmpty: () => void;
  #first: Place | undefined;
  #last: Place | undefined;
  #isArmed = false;

  constructor(ms: number, now: () => number, onEmpty: () => void) {
    this.#ms = ms;
    this.#now = now;
    this.#onEmpty = onEmpty;
  }

  add(run: () => void, now: number): () => void {
    const place = new Place(now + this.#ms, run, this.#last);
    if (this.#last) this.#last.behind = place;
    else this.#first = place;
    this.#last = place;
    if (!this.#isArmed) this.#arm(this.#ms);
    return () => this.#leave(place);
  }

  #leave(place: Place): void {
    if (!place.isIn) return;
    place.isIn = false;
    if (place.before) place.before.behind = place.behind;
    else this.#first = place.behind;
    if (place.behind) place.behind.before = place.before;
    else this.#last = place.before;
    // Or one that has left, and has grown old, would keep all that came behind it from being collected young.
    place.before = undefined;
    place.behind = undefined;
  }

  #arm(ms: number): void {
    this.#isArmed = true;
    outside(() => setTimeout(() => this.#ring(), ms).unref());
  }

  #ring(): void {
    const late = this.#first ? this.#now() - this.#first.at : 0;
    // The process stood still. What is waited for may have come meanwhile, which Node hands out after timers.
    if (late > standstill) setImmediate(() => this.#run());
    else this.#run();
  }

  #run(): void {
    const now = this.#now();
    try {
      // What is set meanwhile comes behind those that are due.
      for (let first = this.#first; first && first.at <= now; first = this.#first) {
        this.#leave(first);
        first.run();
      }
    } finally {
      this.#isArmed = false;
      if (this.#first) this.#arm(Math.max(this.#first.at - now, 1));
      else this.#onEmpty();
    }
  }
}

function plain(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
}

const linesMost = 64;
/** In milliseconds: longer than a timer is late in a process that has little to do. */
const standstill = 10;
/** Nobody's async context, since nobody has called anything yet. */
const outside = process.getBuiltinModule("node:async_hooks").AsyncLocalStorage.snapshot();
