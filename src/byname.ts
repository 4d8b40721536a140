import type { Agent } from "node:http";
import type { Agent as TlsAgent } from "node:https";
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
import { lookForOpenTelemetry, openLead, openResolver, openSteering } from "./opening.ts";
import type { Resolver } from "./resolve/resolver.ts";
import { checkNodeVersion } from "./runtime/node-version.ts";
import { Agents } from "./transport/agents.ts";
import { lazyDispatcher, type UndiciDispatcher } from "./transport/dispatcher.ts";
import { type DispatcherFor, type Fetch, steeredFetch } from "./transport/fetch.ts";
import { InFlight } from "./transport/in-flight.ts";
import type { RequestOptions, Requests } from "./transport/request.ts";
import { isForService, Routes } from "./transport/routes.ts";
import type { Steering } from "./transport/steer.ts";
import { ignoreErrors } from "./transport/stream-body.ts";

/** Calls services by name. Its methods may be taken off it and passed around. */
export interface Byname extends AsyncDisposable {
  /**
   * The platform's fetch, with services for hosts: `await byname.fetch("http://orders/v1/orders/42")`.
   * A URL of no service in the catalog goes to the process's own fetch as it came.
   * @throws TypeError as fetch does; its `cause` is a ResolveError, a RequestError, a DeadlineError or, after `close`, a
   *   ClosedError.
   */
  readonly fetch: Fetch;
  /**
   * undici's `request`, the fast way: own connection pools for each endpoint, kept apart from the process's fetch.
   * A URL of no service in the catalog goes where it says.
   * @throws ResolveError, ServiceNotFoundError, NoEndpointsError where there is no endpoint.
   * @throws RequestError where the endpoint could not be reached; DeadlineError where nothing answered in time.
   * @throws the signal's reason when it aborts.
   * @throws ClosedError after `close` or `destroy`.
   */
  readonly request: (url: string | URL, options?: RequestOptions) => Promise<Dispatcher.ResponseData>;
  /**
   * An `http.Agent` with services for hosts, for node:http and what is built on it: axios, got, node-fetch, AWS's SDK. It
   * finds an endpoint, connects and notes what came of it; a request that was sent is the caller's to repeat.
   * A host of no service in the catalog goes where it says.
   */
  readonly agent: Agent;
  /** The same for node:https. Certificates are checked against the service's name. */
  readonly httpsAgent: TlsAgent;
  /**
   * A dispatcher for an undici of the caller's own, version 6, 7 or 8: `request(url, { dispatcher: byname.dispatcher })`,
   * its `fetch`, `stream` and `pipeline`, `setGlobalDispatcher`. The same way as `byname.request`, and the same errors.
   * It has nothing but `dispatch`, and ends with the instance.
   */
  readonly dispatcher: UndiciDispatcher;
  /**
   * Only the endpoints. Any name may be asked for; one that is not in the catalog is looked up by the defaults.
   * @param service a name as the catalog has it, or with a port of its own: `orders`, `orders:9090`.
   * @throws ConfigError where the name cannot be one; ResolveError, ServiceNotFoundError, NoEndpointsError.
   * @throws ClosedError after `close` or `destroy`; the signal's reason when it aborts.
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
   * For who connects by himself: an endpoint of this service could not be reached, so look it up anew at once. At most
   * once a second; nothing where it was never looked up.
   * @throws ConfigError where the name cannot be one.
   */
  readonly doubt: (service: string) => void;
  /**
   * Looks services up ahead of time, such as during the init phase of a Lambda function. Never throws for a service that
   * cannot be resolved, whatever the reason: its state has an `error`.
   * @param services all of the catalog when left out.
   */
  readonly prefetch: (services?: readonly string[]) => Promise<ServiceState[]>;
  /**
   * Makes the process's plain `fetch("http://orders/…")` know the services, in every module. Only ever done by
   * this call. Calling it again changes nothing.
   * @returns takes it back; closing does so too.
   * @throws ClosedError after `close` or `destroy`.
   */
  readonly install: () => Promise<() => void>;
  /**
   * Ends when everything under way has ended, response bodies included: one that nobody reads may hold it up, which
   * `destroy` ends. Calls made from now on fail with a ClosedError. Never rejects for what was under way.
   */
  readonly close: () => Promise<void>;
  /** Aborts everything under way, which fails with a ClosedError or has one as its cause; a `close` that waits is done. */
  readonly destroy: () => Promise<void>;
}

/**
 * Makes a byname instance. Nothing is looked up or loaded before the first call.
 * @param surroundings what tests replace: environment, clock, randomness.
 * @throws ConfigError where an option, an environment variable or the config file is wrong; an Error where Node.js is older
 *   than 22.19.
 */
export function createByname(options: BynameOptions = {}, surroundings: Partial<Surroundings> = {}): Byname {
  checkNodeVersion(process.versions.node);
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
  readonly #inFlight = new InFlight();
  #closed = false;
  #ending: Promise<void> | undefined;
  #destroying: Promise<void> | undefined;
  #resolver: Promise<Resolver> | undefined;
  #steering: Promise<Steering> | undefined;
  #dispatchers: DispatcherFor | undefined;
  readonly #fetch = steeredFetch(() =>
    this.#dispatchers && !this.#closed ? this.#dispatchers : this.#openDispatchers(),
  );
  #requests: Requests | undefined;
  #agents: Agents | undefined;
  #installed: Promise<() => void> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#routes = new Routes(settings.services);
  }

  readonly fetch: Byname["fetch"] = (input, init) =>
    isForService(this.#routes, input)
      ? this.#underWay(this.#fetch(input, init))
      : globalThis.fetch(input, init);

  readonly request: Byname["request"] = (url, options) => {
    if (this.#requests && !this.#closed) return this.#requests.request(url, options);
    // A body may fail while what reads it is still being loaded.
    ignoreErrors(options?.body);
    return this.#underWay(this.#openRequests().then((requests) => requests.request(url, options)));
  };

  get agent(): Agent {
    return this.#openAgents().http;
  }

  get httpsAgent(): TlsAgent {
    return this.#openAgents().https;
  }

  readonly dispatcher = lazyDispatcher(() =>
    this.#requests && !this.#closed
      ? this.#requests.dispatcher
      : this.#underWay(this.#openRequests().then(({ dispatcher }) => dispatcher)),
  );

  readonly resolve: Byname["resolve"] = async (service, { signal } = {}) => {
    const query = this.#query(service);
    return this.#underWay(this.#openResolver().then((resolver) => resolver.resolve(query, signal)));
  };

  readonly watch: Byname["watch"] = (service, { signal } = {}) => {
    const query = this.#query(service);
    const open = () => Promise.all([this.#openResolver(), import("./resolve/watch.ts")]);
    const until = signal ? AbortSignal.any([signal, this.#lifetime.signal]) : this.#lifetime.signal;
    return (async function* () {
      if (until.aborted) return;
      const [resolver, { watch }] = await open();
      yield* watch(resolver, query, until);
    })();
  };

  readonly doubt: Byname["doubt"] = (service) => {
    const query = this.#query(service);
    this.#resolver?.then(
      (resolver) => resolver.doubt(query),
      () => {},
    );
  };

  readonly prefetch: Byname["prefetch"] = (services = [...this.#settings.services.keys()]) =>
    Promise.all(
      services.map((service) =>
        this.resolve(service).catch((error: BynameError) => ({ service, endpoints: [] as const, error })),
      ),
    );

  readonly install: Byname["install"] = () => {
    this.#installed ??= unlessFailed(this.#install(), () => {
      this.#installed = undefined;
    });
    return this.#installed;
  };

  readonly close: Byname["close"] = () => {
    this.#ending ??= this.#drain();
    return this.#ending;
  };

  readonly destroy: Byname["destroy"] = () => {
    this.#destroying ??= this.#abort();
    return this.#destroying;
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #install(): Promise<() => void> {
    const [steering, { install }] = await Promise.all([
      this.#openSteering(),
      import("./transport/install.ts"),
    ]);
    const uninstall = await install(steering);
    const installed = this.#installed;
    return () => {
      if (this.#installed === installed) this.#installed = undefined;
      uninstall();
    };
  }

  async #drain(): Promise<void> {
    const resolver = await this.#end();
    await this.#inFlight.idle();
    await Promise.all([resolver?.close(), this.#requests?.close()]);
  }

  async #abort(): Promise<void> {
    const resolver = await this.#end();
    const reason = new ClosedError();
    this.#inFlight.destroy(reason);
    this.#agents?.destroy();
    await Promise.all([resolver?.destroy(), this.#requests?.destroy(reason)]);
  }

  /** No new work from here on. What could not be loaded needs no ending. */
  async #end(): Promise<Resolver | undefined> {
    this.#closed = true;
    this.#agents?.close();
    this.#lifetime.abort(new ClosedError());
    const [installed, opening] = await Promise.allSettled([this.#installed, this.#resolver]);
    if (installed.status === "fulfilled") installed.value?.();
    return opening.status === "fulfilled" ? opening.value : undefined;
  }

  /** A call counts from the moment it is made: fetch needs a while until it hands its request on, and so does loading. */
  #underWay<T>(call: Promise<T>): Promise<T> {
    const work = this.#inFlight.start();
    // Not by `finally`, which makes three promises of one.
    return call.then(
      (value) => {
        this.#inFlight.end(work);
        return value;
      },
      (error) => {
        this.#inFlight.end(work);
        throw error;
      },
    );
  }

  #query(text: string): Query {
    const { services, surroundings } = this.#settings;
    const { name, port } = parseServiceName(text);
    const known = queryFor(services, name, port);
    return (
      known ?? queryOf(settleService(name, {}, { ...this.#settings, env: surroundings.env }), undefined, port)
    );
  }

  async #openResolver(): Promise<Resolver> {
    if (this.#closed) throw new ClosedError();
    this.#resolver ??= unlessFailed(openResolver(this.#settings), () => {
      this.#resolver = undefined;
    });
    return this.#resolver;
  }

  async #openSteering(): Promise<Steering> {
    if (this.#closed) throw new ClosedError();
    const open = () => openSteering(this.#settings, this.#routes, this.#inFlight, this.#openResolver());
    this.#steering ??= unlessFailed(open(), () => {
      this.#steering = undefined;
    });
    return this.#steering;
  }

  #openAgents(): Agents {
    if (!this.#agents) {
      const { scope, surroundings } = this.#settings;
      const { clock } = surroundings;
      const open = () => openLead(this.#openSteering());
      const look = () => void lookForOpenTelemetry();
      look();
      this.#agents = new Agents({ routes: this.#routes, clock, inFlight: this.#inFlight, scope, open, look });
      if (this.#closed) this.#agents.close();
    }
    return this.#agents;
  }

  async #openDispatchers(): Promise<DispatcherFor> {
    const [steering, { processDispatcher }] = await Promise.all([
      this.#openSteering(),
      import("./transport/process-dispatcher.ts"),
    ]);
    this.#dispatchers ??= (wanted) => processDispatcher(steering, wanted);
    return this.#dispatchers;
  }

  async #openRequests(): Promise<Requests> {
    const [steering, { Requests }] = await Promise.all([
      this.#openSteering(),
      import("./transport/request.ts"),
    ]);
    if (this.#destroying) throw new ClosedError();
    this.#requests ??= new Requests(steering);
    return this.#requests;
  }
}

/** What cannot be loaded is not remembered: the next call tries again. */
async function unlessFailed<T>(loading: Promise<T>, forget: () => void): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    forget();
    throw error;
  }
}
