import { type experimental, type ServiceConfig, status } from "@grpc/grpc-js";
import { type Byname, ClosedError, NoEndpointsError, ServiceNotFoundError, type ServiceState } from "byname";

/** What a resolver works with: whom it asks for which service, and whom it tells. */
export interface Following {
  readonly byname: Pick<Byname, "watch" | "doubt">;
  readonly service: string;
  readonly serviceConfig: experimental.StatusOr<ServiceConfig> | null;
  readonly listener: experimental.ResolverListener;
  readonly grpc: typeof experimental;
}

/**
 * Resolver: follows one service for one channel, from `updateResolution` to `destroy`, and tells the channel's balancer
 * of every change. How it may be called is grpc-js' agreement: nobody is told anything during a call or after `destroy`.
 */
export class Resolver implements experimental.Resolver {
  readonly #following: Following;
  #until: AbortController | undefined;
  /** What the balancer was told last, so that it is not disturbed with the same again. */
  #told = "";
  #hasEndpoints = false;

  constructor(following: Following) {
    this.#following = following;
  }

  /** Begins anew, which has byname look whether what it knows is due, and waits for the lookup then under way. */
  updateResolution(): void {
    const { byname, service } = this.#following;
    if (this.#hasEndpoints) byname.doubt(service);
    this.#until?.abort();
    this.#until = new AbortController();
    void this.#follow(this.#until.signal);
  }

  destroy(): void {
    this.#until?.abort();
    this.#told = "";
    this.#hasEndpoints = false;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { byname, service } = this.#following;
    const states = byname.watch(service, { signal });
    try {
      for await (const state of states) if (!signal.aborted) this.#tell(state);
      // Nothing but the instance's end makes it end by itself.
      if (!signal.aborted) this.#fail(new ClosedError());
    } catch (error) {
      if (!signal.aborted) this.#fail(error as Error);
    }
  }

  #tell(state: ServiceState): void {
    if (state.error) return this.#fail(state.error);
    const { grpc } = this.#following;
    const endpoints = state.endpoints.map(({ address, port }) => ({ addresses: [{ host: address, port }] }));
    const note = `byname found ${state.service} by ${state.source}`;
    if (!this.#isNews([note, ...endpoints.map(grpc.endpointToString).sort()].join())) return;
    this.#hasEndpoints = true;
    this.#give(grpc.statusOrFromValue(endpoints), note);
  }

  /**
   * A balancer that has endpoints goes on with them while it is told of errors, which is right where nobody could be
   * asked. Where the service is known to be gone, their addresses may be somebody else's soon.
   */
  #fail(error: Error): void {
    const { message } = error;
    if (!this.#isNews(message)) return;
    const isGone = error instanceof NoEndpointsError || error instanceof ServiceNotFoundError;
    const { grpc } = this.#following;
    if (isGone && this.#hasEndpoints) {
      this.#hasEndpoints = false;
      this.#give(grpc.statusOrFromValue([]), message);
    }
    this.#give(grpc.statusOrFromError({ code: status.UNAVAILABLE, details: message }), message);
  }

  /** @param note stands in the errors of calls for which no endpoint could be connected to. */
  #give(endpoints: experimental.StatusOr<experimental.Endpoint[]>, note: string): void {
    const { listener, serviceConfig } = this.#following;
    listener(endpoints, {}, serviceConfig, note);
  }

  #isNews(news: string): boolean {
    if (this.#told === news) return false;
    this.#told = news;
    return true;
  }
}
