import type { Attempt } from "./attempt.ts";
import type { DispatchOptions } from "./dispatch.ts";
import { type HeaderList, withHeader, withOneLength } from "./headers.ts";
import { type ReplayBody, replayBody } from "./replay-body.ts";
import { isIdempotent } from "./retries.ts";

/** Outgoing: a request as each of its attempts sends it: under the service's name, with its whole body. */
export class Outgoing {
  readonly #request: DispatchOptions;
  readonly #headers: HeaderList;
  readonly #body: ReplayBody | undefined;

  /**
   * @param host what the endpoint is to see as the request's host, where the caller set none
   * @param more other headers, where the caller set none of their names
   */
  constructor(request: DispatchOptions, host: string, more: Readonly<Record<string, string>> = {}) {
    this.#request = request;
    let headers = withHeader(request.headers, "host", host);
    for (const name in more) headers = withHeader(headers, name.toLowerCase(), more[name]!);
    this.#headers = request.body ? withOneLength(headers) : headers;
    this.#body = replayBody(request.body);
  }

  /** What one attempt is dispatched with. */
  for({ origin, serverName }: Attempt): DispatchOptions {
    const options: { body?: unknown } & DispatchOptions = {
      ...this.#request,
      origin,
      servername: serverName,
      headers: this.#headers,
    };
    if (this.#body) options.body = this.#body.view();
    return options;
  }

  get method(): string {
    return this.#request.method ?? "GET";
  }

  get path(): string {
    return this.#request.path;
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
    return !this.#body && !this.#request.upgrade && this.mayRepeat;
  }

  /** What the caller's own body failed with. */
  get error(): unknown {
    return this.#body?.error;
  }

  /** Nobody sends it any more. */
  close(): void {
    this.#body?.close();
  }
}
