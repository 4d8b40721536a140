import { describe, expect, test } from "vitest";
import { steeringWith } from "../../test/support/steering.ts";
import { ResolveError } from "../ground/errors.ts";
import type { Resolver } from "../resolve/resolver.ts";
import type { Dispatcher, DispatchOptions, Handler } from "./dispatch.ts";
import { steer } from "./steer.ts";

describe("a steered request", () => {
  test("goes to the endpoint with the logical name about it", () => {
    const { base, asked } = recording();
    const { dispatcher } = steering(base);
    const headers = { accept: "text/plain" };
    dispatcher.dispatch({ origin: "http://orders", path: "/a", method: "GET", headers }, listening().handler);
    expect(asked).toEqual([
      {
        origin: "http://10.0.0.1:8080",
        path: "/a",
        method: "GET",
        headers: ["accept", "text/plain", "host", "orders"],
        servername: "orders",
      },
    ]);
    expect(headers).toEqual({ accept: "text/plain" });
  });

  test("takes an origin that is a URL", () => {
    const { base, asked } = recording();
    steering(base).dispatcher.dispatch({ origin: new URL("http://orders"), path: "/" }, listening().handler);
    expect(asked).toMatchObject([{ origin: "http://10.0.0.1:8080" }]);
  });

  test("for no service is handed on as the very same objects", () => {
    const { base, asked, handlers } = recording();
    const request = { origin: "http://elsewhere", path: "/" };
    const { handler } = listening();
    steering(base).dispatcher.dispatch(request, handler);
    expect(asked[0]).toBe(request);
    expect(handlers[0]).toBe(handler);
  });

  test("fails once, and is not under way any more, when its dispatcher throws", async () => {
    const thrown = new Error("cannot");
    const base = throwing(thrown);
    const { dispatcher, inFlight } = steering(base);
    const { handler, errors } = listening();
    dispatcher.dispatch({ origin: "http://orders", path: "/" }, handler);
    expect(errors).toMatchObject([{ code: "BYNAME_REQUEST", cause: thrown }]);
    await inFlight.idle();
  });

  test("fails once when its dispatcher tells of an error and throws too", async () => {
    const told = new Error("told");
    const base: Dispatcher = {
      dispatch(_, handler) {
        (handler as { onError(error: unknown): void }).onError(told);
        throw new Error("thrown");
      },
    };
    const { dispatcher, inFlight } = steering(base);
    const { handler, errors } = listening();
    dispatcher.dispatch({ origin: "http://orders", path: "/" }, handler);
    expect(errors).toMatchObject([{ cause: told }]);
    await inFlight.idle();
  });

  test("fails once when its dispatcher throws after the service was looked up", async () => {
    const thrown = new Error("cannot");
    const { dispatcher, inFlight } = steering(throwing(thrown), { peek: () => undefined });
    const { handler, errors } = listening();
    dispatcher.dispatch({ origin: "http://orders", path: "/" }, handler);
    await inFlight.idle();
    expect(errors).toMatchObject([{ code: "BYNAME_REQUEST", cause: thrown }]);
  });

  test("fails with the resolver's error where there is no endpoint", async () => {
    const error = new ResolveError({ service: "orders", attempts: [], hint: "" });
    const { dispatcher, inFlight } = steering(throwing(error), {
      peek: () => undefined,
      resolve: () => Promise.reject(error),
    });
    const { handler, errors } = listening();
    dispatcher.dispatch({ origin: "http://orders", path: "/" }, handler);
    await inFlight.idle();
    expect(errors).toEqual([error]);
  });
});

function steering(base: Dispatcher, changed: Partial<Resolver> = {}) {
  const { steering } = steeringWith(changed, { request: { retries: 0 } });
  const { inFlight } = steering;
  const dispatcher = steer({
    steering,
    pass: (request, handler) => base.dispatch(request, handler),
    carry: (_attempt, request, handler) => void base.dispatch(request, handler),
  });
  return { inFlight, dispatcher };
}

function recording() {
  const asked: DispatchOptions[] = [];
  const handlers: Handler[] = [];
  const base: Dispatcher = {
    dispatch(options, handler) {
      asked.push(options);
      handlers.push(handler);
      return true;
    },
  };
  return { base, asked, handlers };
}

function throwing(error: Error): Dispatcher {
  return {
    dispatch() {
      throw error;
    },
  };
}

function listening() {
  const errors: unknown[] = [];
  const handler: Handler = { onError: (error) => void errors.push(error) };
  return { handler, errors };
}
