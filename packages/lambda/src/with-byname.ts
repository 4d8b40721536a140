import { type Byname, ConfigError } from "byname";
import { isContext, type LambdaContext } from "./context.ts";
import { Environment, type LambdaOptions } from "./environment.ts";
import { tellReason } from "./reason.ts";

/** A handler with byname behind its context. */
export type Handler<Event, Context, Result> = (event: Event, context: Context, byname: Byname) => Result;

/** The same, of a function that streams its response. */
export type StreamingHandler<Event, Stream, Context> = (
  event: Event,
  stream: Stream,
  context: Context,
  byname: Byname,
) => Promise<void>;

/** What a wrapped handler has besides. */
export interface Ready {
  /**
   * Done when the catalog's services have been looked up, or after two seconds; never rejects. `await handler.ready()` at
   * the end of an ES module makes that part of the init phase, before the environment can be frozen.
   */
  readonly ready: () => Promise<void>;
}

/**
 * A handler that gets byname behind its context. The instance is made at once, and begins to look the catalog's
 * services up during init; requests end before the invocation's time does, and carry on its trace.
 * @param options may be left out where the catalog is in a file that `BYNAME_CONFIG` names.
 * @throws ConfigError where an option is wrong, or the handler is no function.
 */
export function withByname<Event, Context extends LambdaContext, Result>(
  options: LambdaOptions,
  handler: Handler<Event, Context, Result>,
): Wrapped<[event: Event, context: Context], Awaited<Result>>;
export function withByname<Event, Context extends LambdaContext, Result>(
  handler: Handler<Event, Context, Result>,
): Wrapped<[event: Event, context: Context], Awaited<Result>>;
export function withByname(...given: [AnyHandler] | [LambdaOptions, AnyHandler]): Wrapped<never[], unknown> {
  const [options, handler] = given.length === 1 ? [{}, ...given] : given;
  return wrap(new Environment(options), handler, 2);
}

/**
 * The same for a handler that streams its response; what it returns goes into `awslambda.streamifyResponse`.
 * @throws ConfigError where an option is wrong.
 */
export function streamWithByname<Event, Stream, Context extends LambdaContext>(
  options: LambdaOptions,
  handler: StreamingHandler<Event, Stream, Context>,
): Wrapped<[event: Event, stream: Stream, context: Context], void> {
  return wrap(new Environment(options), handler, 3);
}

type Wrapped<Args extends unknown[], Result> = ((...args: Args) => Promise<Result>) & Ready;

type AnyHandler = (...args: never[]) => unknown;

/**
 * What marks a handler as a streaming one is kept. The parameters are not named: Lambda takes a handler with three of
 * them for one with a callback, which is where byname comes.
 * @param place where byname comes among the handler's own parameters, where no context of Lambda's shows it
 */
function wrap<Args extends unknown[], Result>(
  environment: Environment,
  handler: AnyHandler,
  place: number,
): Wrapped<Args, Result> {
  if (typeof handler !== "function")
    throw new ConfigError("handler", handler, "a function, behind the options where there are any");
  const wrapped = async (...args: Args) => {
    const at = args.findIndex(isContext);
    const told = Array.from({ length: at < 0 ? place : at + 1 }, (_, index) => args[index]);
    try {
      const work = () => handler(...([...told, environment.byname] as never[]));
      return (await environment.run(told.at(-1), work)) as Result;
    } catch (error) {
      tellReason(error);
      throw error;
    }
  };
  return Object.assign(wrapped, handler, { ready: () => environment.ready() });
}
