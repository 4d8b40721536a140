import type { FoundEndpoint } from "../../src/ground/endpoint.ts";
import { queryOf } from "../../src/ground/service.ts";
import { settleService } from "../../src/ground/settings.ts";
import type { Answer, Source } from "../../src/ground/source.ts";

/** FakeSource: a source whose answers a test gives one by one, when it wants to. */
export class FakeSource implements Source {
  readonly name: string;
  readonly trusted: boolean;
  readonly lastResort: boolean;
  /** The lookups that wait for an answer. */
  readonly open: {
    readonly origin: string;
    readonly signal: AbortSignal;
    answer(answer: Answer | Promise<Answer>): void;
  }[] = [];
  /** How often it was asked. */
  asked = 0;
  /** Answers at once where set. */
  always: Answer | (() => Answer) | undefined;
  /** How often it was closed. */
  closed = 0;

  constructor(name: string, { trusted = false, lastResort = false } = {}) {
    this.name = name;
    this.trusted = trusted;
    this.lastResort = lastResort;
  }

  lookup(query: { origin: string }, signal: AbortSignal): Answer | Promise<Answer> {
    this.asked += 1;
    if (this.always) return typeof this.always === "function" ? this.always() : this.always;
    return new Promise((answer) => this.open.push({ origin: query.origin, signal, answer }));
  }

  /** Answers the oldest lookup that waits. */
  answer(answer: Answer): void {
    const first = this.open.shift();
    if (!first) throw new Error(`nobody waits for ${this.name}`);
    first.answer(answer);
  }

  close(): void {
    this.closed += 1;
  }
}

export function endpoints(ttl: number, ...found: (string | FoundEndpoint)[]): Answer {
  return {
    kind: "endpoints",
    ttl,
    endpoints: found.map((one) => (typeof one === "string" ? { address: one, port: 8080 } : one)),
  };
}

export const notMine: Answer = { kind: "notMine", detail: "not mine" };
export const notFound: Answer = { kind: "notFound", detail: "no such name" };
export const empty: Answer = { kind: "empty", detail: "no instance" };
export const down: Answer = { kind: "unavailable", detail: "down" };

export function queryNamed(key: string, options = {}) {
  return queryOf(settleService(key, options, { namespace: "sd.local", env: {} }));
}
