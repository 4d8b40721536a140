import { describe, expect, test } from "vitest";
import type { Dispatcher } from "./dispatch.ts";
import { globalDispatcherFor, isProxy, slots } from "./global-dispatcher.ts";

describe("a dispatcher is a proxy", () => {
  test.each(["EnvHttpProxyAgent", "ProxyAgent", "Socks5ProxyAgent"])("where it is a %s", (name) => {
    expect(isProxy(named(name))).toBe(true);
  });

  test.each(["Agent", "Pool", "Object", "MyProxyAgentLike"])("and not where it is a %s", (name) => {
    expect(isProxy(named(name))).toBe(false);
  });

  test("and not where it has no constructor", () => {
    expect(isProxy(Object.assign(Object.create(null), { dispatch: () => true }))).toBe(false);
  });
});

test("handlers of each generation get the dispatcher that understands them", () => {
  const legacy = { onError: () => {} };
  const current = { onRequestStart: () => {} };
  void globalThis.Request;
  const [first, second] = slots.map((slot) => (globalThis as Record<symbol, unknown>)[slot]);
  expect(globalDispatcherFor(legacy)).toBe(first);
  expect(globalDispatcherFor(current)).toBe(second ?? first);
});

function named(name: string): Dispatcher {
  const type = { [name]: class {} }[name]!;
  return Object.assign(new type(), { dispatch: () => true });
}
