import type { Socket } from "node:net";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";

/**
 * IdleSockets: which connections of Node's agents may be used again: none that was idle for too long, by the wall clock,
 * so that one from before a freeze is not; and none that is too old, so that no client stays with one endpoint for ever.
 */
export class IdleSockets {
  readonly #clock: Clock;
  /** When connections to services were made. */
  readonly #since = new WeakMap<Socket, number>();
  /** Those that wait for a request. */
  readonly #idle = new Map<Socket, Idle>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A connection to a service was made. */
  made(socket: Socket): void {
    this.#since.set(socket, this.#clock.now());
  }

  /** A request ended. @returns whether its connection waits for another */
  keep(socket: Socket): boolean {
    if (this.#isClosed) return false;
    const forget = () => this.#idle.delete(socket);
    // By then it has the time-out by which Node closes it, which a server's hint may have made shorter.
    this.#idle.set(socket, { since: this.#clock.now(), most: socket.timeout ?? defaults.keepAlive, forget });
    socket.once("close", forget);
    return true;
  }

  /** Another request has it now: until that ends, being idle is for its caller to judge. */
  reuse(socket: Socket): void {
    const idle = this.#idle.get(socket);
    if (!idle) return;
    socket.off("close", idle.forget);
    idle.forget();
    socket.setTimeout(0);
  }

  /** Takes those out of the list that no request may use any more. @returns whether any is left */
  sift(sockets: Socket[]): boolean {
    for (const socket of [...sockets]) {
      if (!socket.destroyed && !this.#isOld(socket) && !this.#isStale(socket)) continue;
      sockets.splice(sockets.indexOf(socket), 1);
      socket.destroy();
    }
    return sockets.length > 0;
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of [...this.#idle.keys()]) socket.destroy();
  }

  #isOld(socket: Socket): boolean {
    const since = this.#since.get(socket);
    return since !== undefined && this.#hasPassed(since, defaults.connectionAge);
  }

  #isStale(socket: Socket): boolean {
    const idle = this.#idle.get(socket);
    return idle !== undefined && this.#hasPassed(idle.since, idle.most);
  }

  /** A clock that was set back tells nothing of how long ago something was, so it counts as long ago. */
  #hasPassed(since: number, ms: number): boolean {
    const now = this.#clock.now();
    return now - since >= ms || now < since;
  }
}

interface Idle {
  readonly since: number;
  /** How long it may be idle, in milliseconds. */
  readonly most: number;
  readonly forget: () => void;
}
