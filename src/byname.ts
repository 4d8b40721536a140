import type { Dispatcher } from "undici";
import { readConfigFile } from "./config-file.ts";
import { queryFor } from "./ground/catalog.ts";
import { systemClock } from "./ground/clock.ts";
import type { BynameError } from "./ground/errors.ts";
import { ClosedError } from "./ground/errors.ts";
import type { BynameOptions } from "./ground/options.ts";
import type { Resolution, ServiceState } from "./ground/resolution.ts";
import { type Query, queryOf } from "./ground/service.ts";
import { parseServiceName } from "./ground/service-name.ts";
import { type Settings, type Surroundings, settle, settleService } from "./ground/settings.ts";
import type { Resolver } from "./resolve/resolver.ts";
import type { watch } from "./resolve/watch.ts";
import type { install } from "./transport/install.ts";
import type { RequestOptions, Requests } from "./transport/request.ts";
import { isForService, Routes } from "./transport/routes.ts";
import type { SteerOptions } from "./transport/steer.ts";

/** Calls services by name. Its methods may be taken off it and passed around. */
export interface Byname extends AsyncDisposable {
  /**
   * The platform's fetch, with services for hosts: `await byname.fetch("http://orders/v1/orders/42")`.
   * A URL of no service in the catalog goes to the process's own fetch as it came.
   * @throws TypeError as fetch does; its `cause` is a ResolveError or a RequestError.
   */
  readonly fetch: typeof globalThis.fetch;
  /**
   * undici's `request`, the fast way: own connection pools for each endpoint, kept apart from the process's fetch.
   * @throws ResolveError, ServiceNotFoundError, NoEndpointsError where there is no endpoint.
   * @throws RequestError where the endpoint could not be reached; the signal's reason when it aborts.
   */
  readonly request: (url: string | URL, options?: RequestOptions) => Promise<Dispatcher.ResponseData>;
  /**
   * Only the endpoints. Any name may be asked for; one that is not in the catalog is looked up by the defaults.
   * @throws ConfigError where the name cannot be one; ResolveError, ServiceNotFoundError, NoEndpointsError.
   */
  readonly resolve: (service: string, options?: { readonly signal?: AbortSignal }) => Promise<Resolution>;
  /**
   * The endpoints now, and again whenever they change. Ends with its signal and when byname is closed. It does not
   * keep the process alive.
   * @throws ConfigError where the name cannot be one. Lookups that fail are states with an `error`, not throws.
   */
  readonly watch: (
    service: string,
    options?: { readonly signal?: AbortSignal },
  ) => AsyncIterable<ServiceState>;
  /**
   * Looks services up ahead of time, such as during the init phase of a Lambda function. Never throws for a service that
   * cannot be resolved: its state has an `error`.
   * @param services all of the catalog when left out.
   */
  readonly prefetch: (services?: readonly string[]) => Promise<ServiceState[]>;
  /**
   * Makes the process's plain `fetch("http://orders/…")` know the services, in every module. Only ever done by
   * this call. Calling it again changes nothing.
   * @returns takes it back.
   */
  readonly install: () => Promise<() => void>;
  /** Ends when everything under way has ended. Calls made from now on fail with a ClosedError. */
  readonly close: () => Promise<void>;
  /** Aborts everything under way. */
  readonly destroy: () => Promise<void>;
}

/**
 * Makes a byname instance. Nothing is looked up or loaded before the first call.
 * @param surroundings what tests replace: environment, clock, randomness.
 * @throws ConfigError where an option, an environment variable or the config file is wrong.
 */
export function createByname(options: BynameOptions = {}, surroundings: Partial<Surroundings> = {}): Byname {
  const settings = settle(options, {
    env: process.env,
    clock: systemClock,
    random: Math.random,
    readConfigFile,
    ...surroundings,
  });
  return new Instance(settings);
}

class Instance implements Byname {
  readonly #settings: Settings;
  readonly #routes: Routes;
  readonly #lifetime = new AbortController();
  #closed = false;
  #loading: Promise<Loaded> | undefined;
  #loaded: Loaded | undefined;
  #requests: Requests | undefined;
  #installed: Promise<() => void> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#routes = new Routes(settings.services, settings.surroundings.random);
  }

  readonly fetch: Byname["fetch"] = (input, init) => {
    if (this.#loaded && !this.#closed) return this.#loaded.fetch(input, init);
    if (!isForService(this.#routes, input)) return globalThis.fetch(input, init);
    return this.#load().then(
      (loaded) => loaded.fetch(input, init),
      (cause) => Promise.reject(new TypeError("fetch failed", { cause })),
    );
  };

  readonly request: Byname["request"] = (url, options) =>
    this.#requests && !this.#closed
      ? this.#requests.request(url, options)
      : this.#loadRequests().then((requests) => requests.request(url, options));

  readonly resolve: Byname["resolve"] = async (service, { signal } = {}) => {
    const query = this.#query(service);
    const { resolver } = await this.#load();
    return resolver.resolve(query, signal);
  };

  readonly watch: Byname["watch"] = (service, { signal } = {}) => {
    const query = this.#query(service);
    const load = () => this.#load();
    const until = signal ? AbortSignal.any([signal, this.#lifetime.signal]) : this.#lifetime.signal;
    return (async function* () {
      if (until.aborted) return;
      const { watch, resolver } = await load();
      yield* watch(resolver, query, until);
    })();
  };

  readonly prefetch: Byname["prefetch"] = (services = [...this.#settings.services.keys()]) =>
    Promise.all(
      services.map((service) =>
        this.resolve(service).catch((error: BynameError) => ({ service, endpoints: [] as const, error })),
      ),
    );

  readonly install: Byname["install"] = () => {
    this.#installed ??= this.#load().then(({ install, steering }) => {
      const uninstall = install(steering);
      return () => {
        this.#installed = undefined;
        uninstall();
      };
    });
    return this.#installed;
  };

  readonly close: Byname["close"] = async () => {
    const loaded = await this.#end();
    await loaded?.resolver.close();
    await loaded?.steering.inFlight.idle();
    await this.#requests?.close();
  };

  readonly destroy: Byname["destroy"] = async () => {
    const loaded = await this.#end();
    const reason = new ClosedError();
    loaded?.steering.inFlight.abort(reason);
    await Promise.all([loaded?.resolver.destroy(), this.#requests?.destroy(reason)]);
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** No new work from here on. */
  async #end(): Promise<Loaded | undefined> {
    this.#closed = true;
    this.#lifetime.abort(new ClosedError());
    const [uninstall, loaded] = await Promise.all([this.#installed, this.#loading]);
    uninstall?.();
    return loaded;
  }

  #query(text: string): Query {
    const { services, namespace, surroundings } = this.#settings;
    const { name, port } = parseServiceName(text);
    const known = queryFor(services, name, port);
    return known ?? queryOf(settleService(name, {}, { namespace, env: surroundings.env }), undefined, port);
  }

  /** Everything that a first call needs and an import does not. */
  async #load(): Promise<Loaded> {
    if (this.#closed) throw new ClosedError();
    this.#loading ??= load(this.#settings, this.#routes);
    this.#loaded = await this.#loading;
    return this.#loaded;
  }

  async #loadRequests(): Promise<Requests> {
    const [{ steering }, { Requests }] = await Promise.all([this.#load(), import("./transport/request.ts")]);
    this.#requests ??= new Requests(steering);
    return this.#requests;
  }
}

interface Loaded {
  readonly resolver: Resolver;
  readonly steering: SteerOptions;
  readonly fetch: typeof globalThis.fetch;
  readonly watch: typeof watch;
  readonly install: typeof install;
}

async function load(settings: Settings, routes: Routes): Promise<Loaded> {
  const [{ Resolver }, { watch }, { sourcesFor }, { steeredFetch }, { install }, { InFlight }] =
    await Promise.all([
      import("./resolve/resolver.ts"),
      import("./resolve/watch.ts"),
      import("./sources/sources.ts"),
      import("./transport/fetch.ts"),
      import("./transport/install.ts"),
      import("./transport/in-flight.ts"),
    ]);
  const resolver = new Resolver({ ...settings, sources: sourcesFor(settings) });
  const steering = { routes, resolver, clock: settings.surroundings.clock, inFlight: new InFlight() };
  return { resolver, steering, fetch: steeredFetch(steering), watch, install };
}
