import type { Attempt } from "../../src/transport/attempt.ts";
import type { DispatchOptions, LegacyHandler } from "../../src/transport/dispatch.ts";
import {
  type Controller,
  type CurrentHandler,
  type Handler,
  isCurrent,
} from "../../src/transport/dispatch.ts";

export type Generation = "legacy" | "current";

/** The headers that a test writes as an object, as each generation of handlers gets them. */
export type FakeHeaders = Readonly<Record<string, string>>;

/**
 * FakeAttempt: the side of undici for one attempt, step by step as a test says. It keeps undici's own contract: an
 * abort is told to the handler at once as its error, and nothing is told after an end.
 */
export class FakeAttempt {
  readonly address: string;
  readonly options: DispatchOptions;
  readonly #handler: Handler;
  state: "connecting" | "sending" | "ended" = "connecting";
  /** What it was aborted with. */
  abortedWith: unknown;
  isAborted = false;
  paused = false;
  /** The last answer of a legacy handler: whether it wants more. */
  wantsMore: boolean | undefined;
  readonly #controller: Controller & { rawHeaders: unknown };

  constructor(attempt: Attempt, options: DispatchOptions, handler: Handler) {
    this.address = attempt.endpoint.address;
    this.options = options;
    this.#handler = handler;
    const of = this;
    this.#controller = {
      abort: (reason) => this.#abort(reason),
      pause: () => this.#pause(true),
      resume: () => this.#pause(false),
      rawHeaders: null,
      get paused() {
        return of.paused;
      },
      get aborted() {
        return of.isAborted;
      },
      get reason() {
        return of.abortedWith;
      },
    };
  }

  /** A connection is there. @returns whether it may send. */
  begin(): boolean {
    if (this.state !== "connecting") return false;
    this.state = "sending";
    if (isCurrent(this.#handler)) this.#handler.onRequestStart(this.#controller);
    else this.#handler.onConnect?.((reason) => this.#abort(reason));
    return this.isOpen;
  }

  answer(status: number, headers: FakeHeaders = {}): void {
    if (!this.isOpen) return;
    const flat = Object.entries(headers).flatMap((pair) => pair.map((text) => Buffer.from(text)));
    this.#controller.rawHeaders = flat;
    this.#caught(() => {
      if (isCurrent(this.#handler)) this.#handler.onResponseStart?.(this.#controller, status, headers, "");
      else this.wantsMore = this.#handler.onHeaders?.(status, flat, () => this.#pause(false), "");
    });
  }

  data(text: string): void {
    if (!this.isOpen) return;
    const chunk = Buffer.from(text);
    this.#caught(() => {
      if (isCurrent(this.#handler)) this.#handler.onResponseData?.(this.#controller, chunk);
      else this.wantsMore = this.#handler.onData?.(chunk);
    });
  }

  complete(): void {
    if (!this.isOpen) return;
    this.state = "ended";
    if (isCurrent(this.#handler)) this.#handler.onResponseEnd?.(this.#controller, {});
    else this.#handler.onComplete?.([]);
  }

  /** A whole answer. */
  reply(status: number, text = "", headers: FakeHeaders = {}): void {
    this.begin();
    this.answer(status, headers);
    if (text !== "") this.data(text);
    this.complete();
  }

  fail(error: unknown): void {
    if (this.state === "ended") return;
    this.state = "ended";
    if (isCurrent(this.#handler)) this.#handler.onResponseError?.(this.#controller, error);
    else this.#handler.onError(error);
  }

  refuse(): void {
    this.fail(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }));
  }

  reset(): void {
    this.fail(Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }));
  }

  upgrade(): void {
    if (!this.isOpen) return;
    this.state = "ended";
    if (isCurrent(this.#handler)) this.#handler.onRequestUpgrade?.(this.#controller, 101, {}, "socket");
    else this.#handler.onUpgrade?.(101, [], "socket");
  }

  /** The request's body is being sent. */
  sent(chunk: unknown): void {
    this.#handler.onBodySent?.(chunk);
    this.#handler.onRequestSent?.();
    this.#handler.onResponseStarted?.();
  }

  get isOpen(): boolean {
    return this.state === "sending";
  }

  #pause(paused: boolean): void {
    this.paused = paused;
  }

  #abort(reason: unknown): void {
    if (this.state === "ended") return;
    this.isAborted = true;
    this.abortedWith = reason;
    this.fail(reason);
  }

  /** undici aborts a request whose handler throws. */
  #caught(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#abort(error);
    }
  }
}

/** FakeCaller: a handler of either generation that writes down what it is told. */
export class FakeCaller {
  /** The attempts made for it. */
  readonly attempts: FakeAttempt[] = [];
  /** In words: `start`, `200`, `data x`, `end`, `upgrade`, `error CODE`. */
  readonly told: string[] = [];
  readonly errors: unknown[] = [];
  readonly handler: Handler;
  /** What a legacy handler answers to headers and data. */
  accepts: boolean | undefined = true;
  /** Runs when the caller is told something. */
  onTold: (what: string) => void = () => {};
  controller: Controller | undefined;
  abort: (reason?: unknown) => void = () => {};

  constructor(generation: Generation) {
    this.handler = generation === "current" ? this.#current() : this.#legacy();
  }

  /** The ends that it was told of. */
  get ends(): string[] {
    return this.told.filter((what) => /^(end|error|upgrade)/.test(what));
  }

  #tell(what: string): void {
    this.told.push(what);
    this.onTold(what);
  }

  #fail(error: unknown): void {
    this.errors.push(error);
    const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
    this.#tell(`error ${code ?? name ?? error}`);
  }

  #sending(): Pick<CurrentHandler, "onBodySent" | "onRequestSent" | "onResponseStarted"> {
    return {
      onBodySent: (chunk) => this.#tell(`sent ${chunk}`),
      onRequestSent: () => this.#tell("sent all"),
      onResponseStarted: () => this.#tell("first byte"),
    };
  }

  #current(): CurrentHandler {
    return {
      ...this.#sending(),
      onRequestStart: (controller) => {
        this.controller = controller;
        this.abort = (reason) => controller.abort(reason);
        this.#tell("start");
      },
      onResponseStart: (_, status) => this.#tell(String(status)),
      onResponseData: (_, chunk) => this.#tell(`data ${chunk}`),
      onResponseEnd: () => this.#tell("end"),
      onResponseError: (_, error) => this.#fail(error),
      onRequestUpgrade: () => this.#tell("upgrade"),
    };
  }

  #legacy(): LegacyHandler {
    return {
      ...this.#sending(),
      onConnect: (abort) => {
        this.abort = abort;
        this.#tell("start");
      },
      onHeaders: (status) => {
        this.#tell(String(status));
        return this.accepts;
      },
      onData: (chunk) => {
        this.#tell(`data ${chunk}`);
        return this.accepts;
      },
      onComplete: () => this.#tell("end"),
      onError: (error) => this.#fail(error),
      onUpgrade: () => this.#tell("upgrade"),
    };
  }
}
