import type { MiddlewareObj, Request } from "@middy/core";
import type { Byname } from "byname";
import { Environment, type LambdaOptions } from "./environment.ts";
import { tellReason } from "./reason.ts";
import type { Ready } from "./with-byname.ts";

type WithByname = { byname: Byname };

/** A middleware of Middy that gives the handler `context.byname`. */
export type BynameMiddleware = MiddlewareObj<
  unknown,
  unknown,
  Error,
  Request["context"] & WithByname,
  WithByname
> &
  Ready;

/**
 * Middy: byname as a middleware, in `context.byname` for the handler and in `request.internal.byname` for other middlewares.
 * Requests of the handler and of the middlewares behind this one end before the invocation's time does, and carry on
 * its trace.
 * @throws ConfigError where an option is wrong.
 */
export function bynameMiddleware(options: LambdaOptions = {}): BynameMiddleware {
  const environment = new Environment(options);
  const { byname } = environment;
  /** How to end each invocation that is under way, by Middy's object for it. */
  const ends = new WeakMap<object, () => void>();
  return {
    name: "byname",
    ready: () => environment.ready(),
    // Not async: what it enters would be left again before the handler runs.
    before(request) {
      const { context, internal } = request;
      context.byname = byname;
      internal.byname = byname;
      ends.set(request, environment.enter(context));
    },
    after: (request) => ends.get(request)?.(),
    onError(request) {
      ends.get(request)?.();
      tellReason(request.error);
    },
  };
}
