import type { Attempt } from "./attempt.ts";
import type { DispatchOptions } from "./dispatch.ts";
import { type HeaderList, hasHeader, withHeader, withOneLength } from "./headers.ts";
import { type ReplayBody, replayBody } from "./replay-body.ts";
import { isIdempotent } from "./retries.ts";
import type { HostHeader } from "./routes.ts";

/** Headers by their names in lower case; undefined for those that are left out. */
export type HeaderChanges = ReadonlyMap<string, string | undefined>;

/** Outgoing: a request as each of its attempts sends it: under the service's name, with its whole body. */
export class Outgoing {
  readonly #request: DispatchOptions;
  readonly #headers: HeaderList;
  /** How many entries of these are the caller's own, with the host. */
  readonly #own: number;
  readonly #body: ReplayBody | undefined;

  /**
   * @param host with what the endpoint is to see as the request's host, where the caller set none
   * @param more other headers, where the caller set none of their names
   */
  constructor(request: DispatchOptions, host: HostHeader, more: Readonly<Record<string, string>> = none) {
    this.#request = request;
    let headers: HeaderList = request.headers == null ? host : withHeader(request.headers, ...host);
    this.#own = headers.length;
    for (const name in more) headers = withHeader(headers, name.toLowerCase(), more[name]!);
    this.#headers = request.body ? withOneLength(headers) : headers;
    this.#body = replayBody(request.body);
  }

  /**
   * What one attempt is dispatched with.
   * @param more headers that this one has besides, in place of those that are not the caller's own
   */
  for({ origin, serverName }: Attempt, more?: HeaderChanges): DispatchOptions {
    const options: { body?: unknown } & DispatchOptions = {
      ...this.#request,
      origin,
      servername: serverName,
      headers: more?.size ? this.#with(more) : this.#headers,
    };
    if (this.#body) options.body = this.#body.view();
    return options;
  }

  /** Whether the caller has set this header himself. */
  hasOwn(name: string): boolean {
    return hasHeader(this.#headers.slice(0, this.#own), name.toLowerCase());
  }

  get method(): string {
    return this.#request.method ?? "GET";
  }

  get path(): string {
    return this.#request.path;
  }

  get hasBody(): boolean {
    return this.#request.body != null;
  }

  /** Whether all of it can be sent once more. */
  get canResend(): boolean {
    return this.#body?.canReplay ?? true;
  }

  /** Whether it may be sent once more, as far as this side knows. */
  get mayRepeat(): boolean {
    return isIdempotent(this.#request, this.#headers) && this.canResend;
  }

  /** Whether it may be under way twice at the same time. */
  get mayHedge(): boolean {
    return !this.#body && !this.isUpgrade && this.mayRepeat;
  }

  /** Whether it asks for another protocol than HTTP. */
  get isUpgrade(): boolean {
    return Boolean(this.#request.upgrade);
  }

  /** What the caller's own body failed with. */
  get error(): unknown {
    return this.#body?.error;
  }

  /** Nobody sends it any more. */
  close(): void {
    this.#body?.close();
  }

  #with(more: HeaderChanges): HeaderList {
    const isKept = (at: number) => at < this.#own || !more.has(this.#headers[at - (at % 2)] as string);
    const added = [...more].filter(([, value]) => value !== undefined);
    return [...this.#headers.filter((_, at) => isKept(at)), ...added.flat()];
  }
}

const none = {};
