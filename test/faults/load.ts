import { setImmediate as turn } from "node:timers/promises";
import type { Call, Transport } from "../support/transports.ts";
import { calls, type FaultCall, initOf } from "./calls.ts";

/** Load: requests of every kind, so many at a time, each with a target of its own. */
export class Load {
  readonly outcomes: LoadOutcome[] = [];
  readonly #send: Call;
  readonly #transport: Transport;
  readonly #loops: Promise<void>[];
  #sent = 0;
  #isOver = false;

  constructor(send: Call, transport: Transport) {
    this.#send = send;
    this.#transport = transport;
    this.#loops = Array.from({ length: loadWidth }, () => this.#loop());
  }

  /** Done when so many more requests have come to an end. */
  async goesOn(count = 60): Promise<void> {
    const wanted = this.outcomes.length + count;
    while (this.outcomes.length < wanted) await turn();
  }

  /** Done when all requests have come to an end that are under way now. */
  async movesOn(): Promise<void> {
    const sent = this.#sent;
    const isOld = ({ target }: LoadOutcome) => Number(target.slice(1)) < sent;
    while (this.outcomes.filter(isOld).length < sent) await turn();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    while (!this.#isOver) {
      const call = calls[this.#sent % calls.length]!;
      const target = `/${this.#sent++}`;
      this.outcomes.push({ target, call, sees: await this.#outcome(target, call) });
    }
  }

  async #outcome(target: string, call: FaultCall): Promise<string> {
    const reply = this.#send(`http://orders${target}`, initOf(call)).then((reply) => reply.text());
    return reply.catch(() => this.#transport.failure(reply).then(codeOf));
  }
}

export interface LoadOutcome {
  readonly target: string;
  readonly call: FaultCall;
  /** The answer, or an error's code. */
  readonly sees: string;
}

/** How many requests are under way at a time. */
export const loadWidth = 12;

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? String(message);
}
