import { systemClock } from "../../src/ground/clock.ts";
import type { Resolution } from "../../src/ground/resolution.ts";
import type { Resolver } from "../../src/resolve/resolver.ts";
import type { Controller, CurrentHandler, Dispatcher, Handler } from "../../src/transport/dispatch.ts";
import { InFlight } from "../../src/transport/in-flight.ts";
import { Routes } from "../../src/transport/routes.ts";
import { steer } from "../../src/transport/steer.ts";
import { Traffics } from "../../src/transport/traffic.ts";
import { queryNamed } from "../support/fake-source.ts";
import { compare, table } from "./slices.ts";

/** What byname itself does for a request, without sockets and without undici: fifty at a time, answered by a stub. */
export async function ownPart(): Promise<void> {
  const bare = new Stub();
  const steered = new Stub();
  const dispatcher = steeredBy((handler) => steered.take(handler));
  const plain: Dispatcher = {
    dispatch(_, handler) {
      bare.take(handler);
      return true;
    },
  };
  const figures = await compare(
    [
      { name: "the stub alone", run: async () => bare.serve(plain) },
      { name: "the stub again (control)", run: async () => bare.serve(plain) },
      { name: "steered to one of ten endpoints", run: async () => steered.serve(dispatcher) },
    ],
    { inFlight: 1, rounds: 12, sliceMs: 100 },
  );
  console.log(table("byname's own part: 50 requests, and no network", figures, true));
}

/** Takes requests, and answers all of them together. */
class Stub {
  #waiting: CurrentHandler[] = [];

  take(handler: Handler): void {
    const current = handler as CurrentHandler;
    current.onRequestStart(controller);
    this.#waiting.push(current);
  }

  serve(dispatcher: Dispatcher): void {
    for (let made = 0; made < 50; made++)
      dispatcher.dispatch({ origin: "http://orders", path: "/v1/orders/42", method: "GET" }, caller());
    for (const handler of this.#waiting) {
      handler.onResponseStart?.(controller, 200, { "content-type": "application/json" }, "OK");
      handler.onResponseData?.(controller, body);
      handler.onResponseEnd?.(controller, {});
    }
    this.#waiting = [];
  }
}

function steeredBy(carry: (handler: Handler) => void): Dispatcher {
  const query = queryNamed("orders");
  const endpoints = Array.from({ length: 10 }, (_, at) => ({ address: `10.0.0.${at}`, port: 80 }));
  const resolution: Resolution = {
    service: "orders",
    source: "dns",
    stale: false,
    expiresAt: Number.POSITIVE_INFINITY,
    endpoints,
  };
  const [clock, random] = [systemClock, Math.random];
  const steering = {
    routes: new Routes(new Map([["orders", query.service]])),
    traffics: new Traffics({ clock, random, zone: () => undefined }),
    resolver: { peek: () => resolution } as unknown as Resolver,
    clock,
    random,
    inFlight: new InFlight(),
  };
  return steer({ steering, pass: () => false, carry: (_attempt, _options, handler) => carry(handler) });
}

function caller(): CurrentHandler {
  return {
    onRequestStart() {},
    onResponseStart() {},
    onResponseData() {},
    onResponseEnd() {},
    onResponseError(_, error) {
      throw error;
    },
  };
}

const body = Buffer.from("{}");
const controller: Controller = {
  abort() {},
  pause() {},
  resume() {},
  paused: false,
  aborted: false,
  reason: null,
};
