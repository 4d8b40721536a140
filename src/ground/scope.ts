/**
 * Scope: what holds for all calls that belong to one piece of work, such as one invocation of a Lambda function. How
 * calls are told apart, by `AsyncLocalStorage` say, is up to whoever gives the scopes.
 */
export interface Scope {
  /**
   * Milliseconds left for the work. A request to a service that is not over by then, its response's body included,
   * fails with a DeadlineError, whatever its own time limit is.
   */
  readonly remaining?: number;
  /** Headers for its requests to services, except where a request has them already. */
  readonly headers?: Readonly<Record<string, string>>;
}
