import { expect, test } from "vitest";
import { FakeClock, settled } from "../../test/support/fake-clock.ts";
import { down, endpoints, FakeSource, notFound, queryNamed } from "../../test/support/fake-source.ts";
import { addressGuard } from "../ground/address-guard.ts";
import { defaults } from "../ground/defaults.ts";
import type { ServiceState } from "../ground/resolution.ts";
import type { Answer } from "../ground/source.ts";
import { Resolver } from "./resolver.ts";
import { watch } from "./watch.ts";

const orders = queryNamed("orders");

/** Follows `orders`, and writes down what it sees. */
function setUp({ staleFor = 300_000 } = {}) {
  const clock = new FakeClock();
  const dns = new FakeSource("dns");
  const surroundings = { clock, random: () => 0.5 };
  const { hedgeAfter, lookupTimeout } = defaults;
  const options = {
    sources: [dns],
    hedgeAfter,
    lookupTimeout,
    staleFor,
    guard: addressGuard(),
    surroundings,
  };
  const resolver = new Resolver(options);
  const stop = new AbortController();
  const seen: string[] = [];
  const follow = async () => {
    for await (const state of watch(resolver, orders, stop.signal)) seen.push(inShort(state));
  };
  return { clock, dns, resolver, stop, seen, follow };
}

function inShort(state: ServiceState): string {
  return state.error?.code ?? state.endpoints.map(({ address }) => address).join(" ");
}

test("yields what is known, then each change, and asks by itself when it is due", async () => {
  const { clock, dns, stop, seen, follow } = setUp();
  dns.always = endpoints(10_000, "10.0.0.1");
  const done = follow();
  await clock.advance(30_000);
  expect(seen).toEqual(["10.0.0.1"]);
  dns.always = endpoints(10_000, "10.0.0.1", "10.0.0.2");
  await clock.advance(10_000);
  dns.always = endpoints(10_000, "10.0.0.2", "10.0.0.1");
  await clock.advance(10_000);
  expect(seen).toEqual(["10.0.0.1", "10.0.0.1 10.0.0.2"]);
  stop.abort();
  await done;
  expect(clock.pending).toBe(0);
});

test("yields that there is nothing once, and that there is something again", async () => {
  const { clock, dns, stop, seen, follow } = setUp();
  dns.always = notFound;
  const done = follow();
  await clock.advance(30_000);
  dns.always = endpoints(10_000, "10.0.0.1");
  await clock.advance(5_000);
  expect(seen).toEqual(["BYNAME_SERVICE_NOT_FOUND", "10.0.0.1"]);
  stop.abort();
  await done;
});

test("says nothing of a failure while the last good answer holds", async () => {
  const { clock, dns, stop, seen, follow } = setUp({ staleFor: 60_000 });
  dns.always = endpoints(10_000, "10.0.0.1");
  const done = follow();
  await clock.advance(1_000);
  dns.always = down;
  await clock.advance(68_000);
  expect(seen).toEqual(["10.0.0.1"]);
  await clock.advance(10_000);
  expect(seen).toEqual(["10.0.0.1", "BYNAME_RESOLVE"]);
  stop.abort();
  await done;
});

test.each<[string, Answer, number]>([
  ["of a second", endpoints(0, "10.0.0.1"), 667],
  ["of ten seconds", endpoints(10_000, "10.0.0.1"), 67],
  ["of an hour", endpoints(3_600_000, "10.0.0.1"), 1],
  ["of nothing", notFound, 122],
  ["that fails", down, 122],
])(
  "in ten minutes an answer %s is asked for no more often than it is worth",
  async (_what, answer, times) => {
    const { clock, dns, stop, follow } = setUp();
    dns.always = answer;
    const done = follow();
    await clock.advance(600_000);
    expect(dns.asked).toBeLessThanOrEqual(times);
    expect(dns.asked).toBeGreaterThanOrEqual(times - 2);
    expect(clock.pending).toBe(1);
    stop.abort();
    await done;
    expect(clock.pending).toBe(0);
  },
);

test("after a freeze it looks again within ten seconds", async () => {
  const { clock, dns, stop, seen, follow } = setUp();
  dns.always = endpoints(3_600_000, "10.0.0.1");
  const done = follow();
  await clock.advance(1_000);
  clock.jump(3_600_000);
  dns.always = endpoints(3_600_000, "10.0.0.2");
  await clock.advance(10_000);
  expect(seen).toEqual(["10.0.0.1", "10.0.0.2"]);
  stop.abort();
  await done;
});

test("a service that is dropped from the cache meanwhile is looked up again and not announced twice", async () => {
  const { clock, dns, resolver, stop, seen, follow } = setUp();
  dns.always = endpoints(10_000, "10.0.0.1");
  const done = follow();
  await clock.advance(1_000);
  for (let i = 0; i < defaults.maxServices; i++) await resolver.resolve(queryNamed(`other-${i}`));
  const asked = dns.asked;
  await clock.advance(10_000);
  expect(dns.asked).toBe(asked + 1);
  expect(seen).toEqual(["10.0.0.1"]);
  stop.abort();
  await done;
});

test.each(["close", "destroy"] as const)(
  "ends by itself after %s, whatever it was waiting for",
  async (end) => {
    for (const answer of [endpoints(10_000, "10.0.0.1"), endpoints(0, "10.0.0.1"), notFound, undefined]) {
      const { clock, dns, resolver, follow } = setUp();
      dns.always = answer;
      const done = follow();
      await clock.advance(500);
      const ended = resolver[end]();
      await clock.advance(10_000);
      await Promise.all([done, ended]);
      expect(clock.pending).toBe(0);
    }
  },
);

test("an abort ends it at once, in the middle of a lookup too, and the lookup goes on for others", async () => {
  const { clock, dns, resolver, stop, seen, follow } = setUp();
  const done = follow();
  const other = resolver.resolve(orders);
  await settled();
  stop.abort();
  await done;
  dns.answer(endpoints(10_000, "10.0.0.1"));
  expect(inShort(await other)).toBe("10.0.0.1");
  expect(seen).toEqual([]);
  expect(clock.pending).toBe(0);
});
