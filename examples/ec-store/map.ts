import type { Attempt, Eject } from "./child.ts";
import type { Edge, Hop, MapEvent, MapState } from "./shown.ts";
import type { Happening } from "./telemetry.ts";
import { Ways } from "./ways.ts";

/** Milliseconds that a way is told from, and that rates and latencies are; and how much else is kept in mind. */
const limits = { way: 3_000, window: 10_000, events: 40, traces: 500 };

interface Sample {
  readonly at: number;
  readonly way: string;
  readonly ms: number;
  readonly isFailure: boolean;
}

interface EdgeMemory {
  readonly caller: string;
  readonly service: string;
  samples: Sample[];
  way: string;
  /** Until when an endpoint is left out, by its address. */
  readonly ejected: Map<string, number>;
}

/** Map: who calls whom just now, by which way and how well, and what happened lately. */
export class StoreMap {
  readonly #now: () => number;
  readonly #ways: Ways;
  readonly #edges = new Map<string, EdgeMemory>();
  readonly #traces = new Map<string, Hop[]>();
  #events: MapEvent[] = [];
  #count = 0;

  /** @param now the wall clock. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#ways = new Ways(now);
  }

  add(caller: string, happening: Happening): void {
    if ("attempt" in happening) this.#attempt(caller, happening.attempt, happening.trace);
    else this.#eject(caller, happening.eject);
  }

  note(kind: MapEvent["kind"], text: string, way?: string): void {
    const event = { id: ++this.#count, at: this.#now(), kind, text, ...(way !== undefined && { way }) };
    this.#events = [event, ...this.#events].slice(0, limits.events);
  }

  /** Notes who goes by another way than before. To be called about once a second. */
  tick(): void {
    const changed = new Map<string, EdgeMemory[]>();
    for (const edge of this.#edges.values()) {
      this.#forget(edge);
      const way = this.#wayOf(edge);
      if (way === edge.way) continue;
      if (edge.way !== "") changed.set(way, [...(changed.get(way) ?? []), edge]);
      edge.way = way;
    }
    for (const [way, edges] of changed) this.note("way", this.#inWords(edges), way);
  }

  state(): MapState {
    return { at: this.#now(), edges: [...this.#edges.values()].map(summary), events: this.#events };
  }

  /** What placing an order led to; empty where that is not known any more. */
  order(id: string): Hop[] {
    const isIt = ({ method, path }: Hop) => method === "PUT" && path === `/orders/${id}`;
    const hops = [...this.#traces.values()].find((hops) => hops.some(isIt)) ?? [];
    // It ends after what it leads to, and is told by another process.
    return [...hops.filter(isIt), ...hops.filter((hop) => !isIt(hop))];
  }

  #attempt(caller: string, attempt: Attempt, trace: string | undefined): void {
    const { service, method, path, ms, error } = attempt;
    const way = this.#ways.of(caller, attempt);
    this.#edge(caller, service).samples.push({ at: this.#now(), way, ms, isFailure: error !== undefined });
    if (trace === undefined) return;
    const hop = { caller, service, way, method, path, ms, ...(error !== undefined && { error }) };
    this.#traces.set(trace, [...(this.#traces.get(trace) ?? []), hop]);
    if (this.#traces.size > limits.traces) this.#traces.delete(this.#traces.keys().next().value!);
  }

  #eject(caller: string, { service, endpoint, ms }: Eject): void {
    const { ejected } = this.#edge(caller, service);
    const address = `${endpoint.address}:${endpoint.port}`;
    const isNews = ms > 0 !== ejected.has(address);
    if (ms > 0) ejected.set(address, this.#now() + ms);
    else ejected.delete(address);
    // Each process of a caller finds out by itself; that one did is news, and that others do is not.
    if (!isNews) return;
    if (ms > 0) this.note("ejected", `${caller} leaves out ${address} of ${service}`);
    else this.note("back", `${caller} takes ${address} of ${service} again`);
  }

  /** Callers of whom all calls are meant by their name alone: `orders; storefront → users, products`. */
  #inWords(edges: readonly EdgeMemory[]): string {
    const words = [...Map.groupBy(edges, ({ caller }) => caller)].map(([caller, edges]) => {
      const all = [...this.#edges.values()].filter((edge) => edge.caller === caller);
      if (all.length === edges.length) return caller;
      return `${caller} → ${edges.map(({ service }) => service).join(", ")}`;
    });
    return words.join("; ");
  }

  #edge(caller: string, service: string): EdgeMemory {
    const name = `${caller} ${service}`;
    const known = this.#edges.get(name);
    if (known) return known;
    const edge = { caller, service, samples: [], way: "", ejected: new Map() };
    this.#edges.set(name, edge);
    return edge;
  }

  #forget(edge: EdgeMemory): void {
    const now = this.#now();
    edge.samples = edge.samples.filter(({ at }) => now - at < limits.window);
    for (const [address, until] of edge.ejected) if (until <= now) edge.ejected.delete(address);
  }

  /** What it was before where there were no calls lately. */
  #wayOf({ samples, way }: EdgeMemory): string {
    const lately = samples.filter(({ at }) => this.#now() - at < limits.way);
    if (lately.length === 0) return way;
    const counts = new Map<string, number>();
    for (const { way, isFailure } of lately) if (!isFailure) counts.set(way, (counts.get(way) ?? 0) + 1);
    const [most] = [...counts].sort(([, a], [, b]) => b - a);
    return most?.[0] ?? "none";
  }
}

function summary({ caller, service, samples, way, ejected }: EdgeMemory): Edge {
  const answered = samples.filter(({ isFailure }) => !isFailure).map(({ ms }) => ms);
  const seconds = limits.window / 1_000;
  return {
    caller,
    service,
    way,
    rate: answered.length / seconds,
    failures: (samples.length - answered.length) / seconds,
    p99: answered.sort((a, b) => a - b)[Math.ceil(answered.length * 0.99) - 1] ?? 0,
    ejected: ejected.size,
  };
}
