import { describe, expect, test } from "vitest";
import { FakeClock, settled } from "../../test/support/fake-clock.ts";
import {
  down,
  empty,
  endpoints,
  FakeSource,
  notFound,
  notMine,
  queryNamed,
} from "../../test/support/fake-source.ts";
import { addressGuard } from "../ground/address-guard.ts";
import { ClosedError, NoEndpointsError, ResolveError, ServiceNotFoundError } from "../ground/errors.ts";
import { Resolver } from "./resolver.ts";

const orders = queryNamed("orders");

function resolverOf(sources: readonly FakeSource[], clock: FakeClock, options = {}) {
  return new Resolver({
    sources,
    hedgeAfter: 250,
    lookupTimeout: 5_000,
    staleFor: 300_000,
    guard: addressGuard(),
    surroundings: { clock, random: () => 0.5 },
    ...options,
  });
}

function setUp(...names: string[]) {
  const clock = new FakeClock();
  const sources = names.map(
    (name) => new FakeSource(name, { trusted: name === "fixed", lastResort: name === "fixed" }),
  );
  const resolver = resolverOf(sources, clock);
  return { clock, resolver, sources: sources as [FakeSource, FakeSource, FakeSource, ...FakeSource[]] };
}

/** As many callers of other services as there is room for services. */
function crowd(resolver: Resolver): Promise<unknown>[] {
  return Array.from({ length: 1_000 }, (_, i) => resolver.resolve(queryNamed(`other-${i}`)));
}

function addresses(
  resolution: { endpoints: readonly { address: string }[] } | undefined,
): string[] | undefined {
  return resolution?.endpoints.map(({ address }) => address);
}

describe("order", () => {
  test("the first source with endpoints wins and later ones are not asked", async () => {
    const { resolver, sources } = setUp("dns", "cloudMap");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    const found = await resolver.resolve(orders);
    expect(found).toMatchObject({ service: "orders", source: "dns", stale: false });
    expect(found.endpoints).toEqual([{ address: "10.0.0.1", port: 8080 }]);
    expect(sources[1].asked).toBe(0);
  });

  test.each([
    ["notMine", notMine],
    ["notFound", notFound],
    ["empty", empty],
    ["unavailable", down],
  ])("asks the next source at once on %s", async (_kind, answer) => {
    const { resolver, sources } = setUp("dns", "cloudMap");
    sources[0].always = answer;
    sources[1].always = endpoints(10_000, "10.0.0.2");
    expect(await resolver.resolve(orders)).toMatchObject({ source: "cloudMap" });
  });

  test("a source that throws or rejects counts as unavailable", async () => {
    const { resolver, sources } = setUp("dns", "cloudMap");
    sources[0].always = () => {
      throw new Error("broken");
    };
    sources[1].always = notFound;
    const error = await resolver.resolve(orders).catch((e) => e);
    expect(error).toBeInstanceOf(ResolveError);
    expect(error.attempts).toMatchObject([
      { source: "dns", answer: "unavailable", detail: "broken" },
      { source: "cloudMap", answer: "notFound" },
    ]);
  });
});

describe("a slow source", () => {
  test("is joined by the next one after hedgeAfter, and the first answer wins", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap");
    const waiting = resolver.resolve(orders);
    await clock.advance(249);
    expect(sources[1].asked).toBe(0);
    await clock.advance(1);
    expect(sources[1].asked).toBe(1);
    sources[1].answer(endpoints(10_000, "10.0.0.2"));
    expect(await waiting).toMatchObject({ source: "cloudMap" });
  });

  test("replaces the worse answer when it comes after all, within the same flight", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap");
    const waiting = resolver.resolve(orders);
    await clock.advance(250);
    sources[1].answer(endpoints(10_000, "10.0.0.2"));
    await waiting;
    sources[0].answer(endpoints(10_000, "10.0.0.1"));
    await settled();
    expect(resolver.peek(orders)).toMatchObject({ source: "dns" });
  });

  test("is given up after its time, and its late answer changes nothing", async () => {
    const { clock, resolver, sources } = setUp("dns");
    const waiting = resolver.resolve(orders).catch((e) => e);
    await clock.advance(5_000);
    const error = await waiting;
    expect(error.attempts).toMatchObject([
      { source: "dns", answer: "unavailable", detail: "no answer within 5000 ms", ms: 5_000 },
    ]);
    expect(sources[0].open[0]!.signal.aborted).toBe(true);
    sources[0].answer(endpoints(10_000, "10.0.0.1"));
    await settled();
    expect(resolver.peek(orders)).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});

describe("the cache", () => {
  test("answers without a promise while fresh, and asks nobody", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    const first = await resolver.resolve(orders);
    await clock.advance(8_999);
    expect(resolver.peek(orders)).toBe(first);
    expect(sources[0].asked).toBe(1);
  });

  test("refreshes a little before the end, while callers get the fresh answer", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await resolver.resolve(orders);
    sources[0].always = endpoints(10_000, "10.0.0.2");
    await clock.advance(9_000);
    expect(resolver.peek(orders)).toMatchObject({ stale: false });
    await settled();
    expect(addresses(resolver.peek(orders))).toEqual(["10.0.0.2"]);
  });

  test("serves the stale answer while one refresh runs, however many callers come", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await resolver.resolve(orders);
    sources[0].always = undefined;
    await clock.advance(60_000);
    const many = await Promise.all(Array.from({ length: 50 }, () => resolver.resolve(orders)));
    expect(many.every((one) => one.stale && one.endpoints[0]!.address === "10.0.0.1")).toBe(true);
    expect(sources[0].asked).toBe(2);
    sources[0].answer(endpoints(10_000, "10.0.0.2"));
    await settled();
    expect(resolver.peek(orders)).toMatchObject({ stale: false, endpoints: [{ address: "10.0.0.2" }] });
  });

  test("serves the last good answer for five minutes of failure, and not a moment longer", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await resolver.resolve(orders);
    sources[0].always = down;
    await clock.advance(309_999);
    expect(await resolver.resolve(orders)).toMatchObject({ stale: true });
    await settled();
    await clock.advance(1);
    await expect(resolver.resolve(orders)).rejects.toThrow(ResolveError);
  });

  test("forgets at once when every source says with authority that nothing is left", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await resolver.resolve(orders);
    sources[0].always = notFound;
    sources[1].always = empty;
    await clock.advance(11_000);
    expect(resolver.peek(orders)).toMatchObject({ stale: true });
    await settled();
    await expect(resolver.resolve(orders)).rejects.toThrow(NoEndpointsError);
  });

  test("asks one flight for callers that come together, and one caller's abort is its own", async () => {
    const { resolver, sources } = setUp("dns");
    const gone = new AbortController();
    const waiting = [
      resolver.resolve(orders),
      resolver.resolve(orders, gone.signal),
      resolver.resolve(orders),
    ];
    const outcomes = Promise.allSettled(waiting);
    gone.abort(new Error("no longer wanted"));
    sources[0].answer(endpoints(10_000, "10.0.0.1"));
    expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(sources[0].asked).toBe(1);
  });

  test("remembers a failure for a second, growing to five", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = notFound;
    const askedWhen: number[] = [];
    const start = clock.now();
    for (let tenth = 0; tenth < 200; tenth++) {
      const before = sources[0].asked;
      await expect(resolver.resolve(orders)).rejects.toThrow(ServiceNotFoundError);
      if (sources[0].asked > before) askedWhen.push(clock.now() - start);
      await clock.advance(100);
    }
    expect(askedWhen).toEqual([0, 1_000, 3_000, 7_000, 12_000, 17_000]);
  });
});

describe("frozen and mis-set clocks", () => {
  test("after a short freeze the first caller gets the stale answer at once, and a refresh starts", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await resolver.resolve(orders);
    clock.jump(120_000);
    expect(resolver.peek(orders)).toMatchObject({ stale: true });
    expect(sources[0].asked).toBe(2);
  });

  test("after an hour nothing old is served: the caller waits for an answer", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await resolver.resolve(orders);
    sources[0].always = undefined;
    clock.jump(3_600_000);
    expect(resolver.peek(orders)).toBeUndefined();
    const waiting = resolver.resolve(orders);
    sources[0].answer(endpoints(10_000, "10.0.0.2"));
    expect(addresses(await waiting)).toEqual(["10.0.0.2"]);
  });

  test("an answer that was asked for before an hour of freeze is not taken for a new one", async () => {
    const { clock, resolver, sources } = setUp("dns");
    const waiting = resolver.resolve(orders);
    clock.jump(3_600_000);
    sources[0].answer(endpoints(10_000, "10.0.0.1"));
    await settled();
    sources[0].answer(endpoints(10_000, "10.0.0.2"));
    expect(addresses(await waiting)).toEqual(["10.0.0.2"]);
  });

  test("a clock that was set back makes answers count as expired, not as young", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await resolver.resolve(orders);
    sources[0].always = down;
    clock.jump(-3_600_000);
    expect(resolver.peek(orders)).toMatchObject({ stale: true });
    await settled();
    await clock.advance(300_000);
    await expect(resolver.resolve(orders)).rejects.toThrow(ResolveError);
  });
});

describe("falling back and coming back", () => {
  test("a source that is down is skipped for a while, then tried by one lookup, then used again", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap");
    sources[0].always = down;
    sources[1].always = endpoints(1_000, "10.0.0.2");
    await resolver.resolve(orders);
    expect(sources[0].asked).toBe(1);
    await clock.advance(950);
    resolver.peek(orders);
    await settled();
    expect([sources[0].asked, sources[1].asked]).toEqual([1, 2]);
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await clock.advance(1_000);
    resolver.peek(orders);
    await settled();
    expect(resolver.peek(orders)).toMatchObject({ source: "dns", stale: false });
  });

  test("a source is skipped only in favour of another: with nothing else it is asked after all", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = down;
    await expect(resolver.resolve(orders)).rejects.toThrow(ResolveError);
    await expect(resolver.resolve(queryNamed("users"))).rejects.toThrow(ResolveError);
    expect(sources[0].asked).toBe(2);
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await clock.advance(1_000);
    expect(await resolver.resolve(orders)).toMatchObject({ source: "dns" });
  });

  test("trouble with one service does not close a source for the others", async () => {
    const { resolver, sources } = setUp("cloudMap", "other");
    sources[0].always = { kind: "unavailable", scope: "service", detail: "access denied" };
    sources[1].always = endpoints(10_000, "10.0.0.2");
    await resolver.resolve(orders);
    sources[0].always = endpoints(10_000, "10.0.0.1");
    expect(await resolver.resolve(queryNamed("users"))).toMatchObject({ source: "cloudMap" });
  });

  test("a fixed address does not replace a last good answer that is not too old", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap", "fixed");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    sources[2].always = endpoints(10_000, { address: "alb.example.com", port: 80 });
    await resolver.resolve(orders);
    sources[0].always = down;
    sources[1].always = down;
    await clock.advance(60_000);
    resolver.peek(orders);
    await settled();
    expect(resolver.peek(orders)).toMatchObject({ source: "dns", stale: true });
    await clock.advance(251_000);
    expect(await resolver.resolve(orders)).toMatchObject({ source: "fixed", stale: false });
  });

  test("a fixed address takes over the moment that the last good answer is too old, without an error between", async () => {
    const { clock, resolver, sources } = setUp("dns", "fixed");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    sources[1].always = endpoints(10_000, { address: "alb.example.com", port: 80 });
    await resolver.resolve(orders);
    sources[0].always = down;
    const served = new Set<string>();
    for (let second = 0; second < 320; second++) {
      served.add((await resolver.resolve(orders)).source);
      await clock.advance(1_000);
    }
    expect([...served]).toEqual(["dns", "fixed"]);
  });

  test("a source left out while there was an answer to serve is asked once there is none, before anybody is told no", async () => {
    const { clock, resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await resolver.resolve(orders);
    sources[0].always = down;
    for (let second = 0; second < 309; second++) {
      await clock.advance(1_000);
      resolver.peek(orders);
    }
    sources[0].always = endpoints(10_000, "10.0.0.2");
    await clock.advance(1_000);
    expect(addresses(await resolver.resolve(orders))).toEqual(["10.0.0.2"]);
  });

  test("a fixed address takes over at once from a service that is authoritatively gone", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap", "fixed");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    sources[2].always = endpoints(10_000, { address: "alb.example.com", port: 80 });
    await resolver.resolve(orders);
    sources[0].always = notFound;
    sources[1].always = notFound;
    await clock.advance(11_000);
    resolver.peek(orders);
    await settled();
    expect(resolver.peek(orders)).toMatchObject({ source: "fixed" });
  });
});

describe("addresses from outside", () => {
  test.each([
    ["the EC2 metadata endpoint", "169.254.169.254"],
    ["the ECS metadata endpoint", "169.254.170.2"],
    ["the EC2 metadata endpoint by IPv6", "fd00:ec2::254"],
    ["loopback", "127.0.0.1"],
    ["loopback in IPv6 clothes", "::ffff:127.0.0.1"],
    ["unspecified", "0.0.0.0"],
    ["a host name", "metadata.internal"],
  ])("%s is refused, and said so", async (_what, address) => {
    const { resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, address);
    const error = await resolver.resolve(orders).catch((e) => e);
    expect(error.attempts[0]).toMatchObject({
      answer: "unavailable",
      detail: expect.stringContaining(address),
    });
  });

  test("the others of the same answer are used", async () => {
    const { resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "169.254.169.254", "10.0.0.1");
    expect(addresses(await resolver.resolve(orders))).toEqual(["10.0.0.1"]);
  });
});

test("doubt asks anew at once, but not twice within a second", async () => {
  const { clock, resolver, sources } = setUp("dns");
  sources[0].always = endpoints(60_000, "10.0.0.1");
  await resolver.resolve(orders);
  for (let i = 0; i < 10; i++) {
    await clock.advance(50);
    resolver.doubt(orders);
  }
  await settled();
  expect(sources[0].asked).toBe(2);
});

test("close lets a lookup end and destroy aborts it; both leave no timer", async () => {
  for (const end of ["close", "destroy"] as const) {
    const { clock, resolver, sources } = setUp("dns", "cloudMap");
    const waiting = resolver.resolve(orders).then(
      ({ source }) => source,
      (error) => error.code,
    );
    const ended = resolver[end]();
    if (end === "close") sources[0].answer(endpoints(10_000, "10.0.0.1"));
    await ended;
    expect(await waiting).toBe(end === "close" ? "dns" : "BYNAME_CLOSED");
    expect(clock.pending).toBe(0);
  }
});

describe("a flight that outlives what it found", () => {
  test("callers after a long freeze wait for its next answer, and do not spin on the old one", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap");
    const before = resolver.resolve(orders);
    await clock.advance(250);
    sources[1].answer(endpoints(10_000, "10.0.0.2"));
    await before;
    clock.jump(3_600_000);
    const waiting = resolver.resolve(orders);
    await settled();
    sources[0].answer(down);
    await settled();
    sources[1].answer(endpoints(10_000, "10.0.0.3"));
    expect(addresses(await waiting)).toEqual(["10.0.0.3"]);
  });

  test("a source that was asked after the freeze gives a fresh answer, though its flight is older", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap");
    const waiting = resolver.resolve(orders);
    await clock.advance(100);
    clock.jump(3_600_000);
    await clock.advance(150);
    sources[1].answer(endpoints(10_000, "10.0.0.2"));
    expect(await waiting).toMatchObject({ source: "cloudMap", stale: false });
    expect(sources[1].asked).toBe(1);
  });

  test("a better source's answer from before the freeze does not replace a worse one's from after it", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap");
    const waiting = resolver.resolve(orders);
    await clock.advance(100);
    clock.jump(3_600_000);
    await clock.advance(150);
    sources[1].answer(endpoints(10_000, "10.0.0.2"));
    await waiting;
    sources[0].answer(endpoints(10_000, "10.0.0.1"));
    await settled();
    expect(resolver.peek(orders)).toMatchObject({ source: "cloudMap", stale: false });
  });

  test("its answer is kept, though the entry was dropped meanwhile to make room", async () => {
    const { resolver, sources } = setUp("dns");
    const first = resolver.resolve(orders);
    const others = Promise.allSettled(crowd(resolver));
    sources[0].answer(endpoints(10_000, "10.0.0.1"));
    expect(addresses(await first)).toEqual(["10.0.0.1"]);
    expect(resolver.peek(orders)).toBe(await first);
    expect(sources[0].asked).toBe(1_001);
    await resolver.destroy();
    await others;
  });

  test("what it has found is given at once to callers who come when the entry was dropped", async () => {
    const { clock, resolver, sources } = setUp("dns", "cloudMap");
    const first = resolver.resolve(orders);
    await clock.advance(250);
    sources[1].answer(endpoints(10_000, "10.0.0.2"));
    await first;
    const others = Promise.allSettled(crowd(resolver));
    expect(resolver.peek(orders)).toBe(await first);
    expect(await resolver.resolve(orders)).toBe(await first);
    await resolver.destroy();
    await others;
  });

  test("more callers than there is room for are all served, each by one lookup", async () => {
    const { resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    const many = Array.from({ length: 2_001 }, (_, i) => resolver.resolve(queryNamed(`service-${i}`)));
    expect((await Promise.all(many)).length).toBe(2_001);
    expect(sources[0].asked).toBe(2_001);
  });

  test("one that is asked for again by its own source or a listener is still one", async () => {
    const { resolver, sources } = setUp("dns");
    sources[0].always = () => {
      if (sources[0].asked === 1) void resolver.resolve(orders);
      return endpoints(10_000, "10.0.0.1");
    };
    await resolver.resolve(orders);
    expect(sources[0].asked).toBe(1);
  });
});

describe("a stand-in", () => {
  test("makes way for the better source soon after that one answers again, however long it lives itself", async () => {
    const { clock, resolver, sources } = setUp("dns", "own");
    sources[0].always = down;
    sources[1].always = endpoints(3_600_000, "10.0.0.2");
    await resolver.resolve(orders);
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await clock.advance(10_000);
    resolver.peek(orders);
    await settled();
    expect(resolver.peek(orders)).toMatchObject({ source: "dns" });
  });

  test("does so too where the better source was left out from the start", async () => {
    const { clock, resolver, sources } = setUp("dns", "own");
    sources[0].always = down;
    sources[1].always = endpoints(3_600_000, "10.0.0.2");
    await resolver.resolve(orders);
    const users = queryNamed("users");
    expect(await resolver.resolve(users)).toMatchObject({ source: "own", stale: false });
    expect(sources[0].asked).toBe(1);
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await clock.advance(10_000);
    resolver.peek(users);
    await settled();
    expect(resolver.peek(users)).toMatchObject({ source: "dns" });
  });

  test("that is fixed takes over from a service that is gone, also when that was said slowly", async () => {
    const { clock, resolver, sources } = setUp("dns", "fixed");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    sources[1].always = endpoints(10_000, { address: "alb.example.com", port: 80 });
    await resolver.resolve(orders);
    sources[0].always = undefined;
    await clock.advance(11_000);
    resolver.peek(orders);
    await clock.advance(300);
    expect(resolver.peek(orders)).toMatchObject({ source: "dns", stale: true });
    sources[0].answer(notFound);
    await settled();
    expect(resolver.peek(orders)).toMatchObject({ source: "fixed", stale: false });
  });
});

describe("errors", () => {
  test("each caller gets an error of its own, so that marks left on it are not found by the next", async () => {
    const { resolver, sources } = setUp("dns");
    sources[0].always = notFound;
    const [first, second] = await Promise.all([1, 2].map(() => resolver.resolve(orders).catch((e) => e)));
    const third = await resolver.resolve(orders).catch((e) => e);
    expect(first).toBeInstanceOf(ServiceNotFoundError);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(sources[0].asked).toBe(1);
  });

  test("a time-out shorter than the event loop's pauses still ends in an error", async () => {
    const clock = new FakeClock();
    const source = new FakeSource("dns");
    const resolver = resolverOf([source], clock, { lookupTimeout: 10 });
    const error = resolver.resolve(orders).catch((e) => e);
    clock.jump(100);
    await clock.advance(10);
    expect(await error).toBeInstanceOf(ResolveError);
  });
});

describe("the end", () => {
  test("no call that comes after close is answered, known or not", async () => {
    const { resolver, sources } = setUp("dns");
    sources[0].always = endpoints(10_000, "10.0.0.1");
    await resolver.resolve(orders);
    await resolver.close();
    await expect(resolver.resolve(orders)).rejects.toThrow(ClosedError);
    await expect(resolver.resolve(queryNamed("users"))).rejects.toThrow(ClosedError);
    expect(sources[0].asked).toBe(1);
  });

  test("who waits while it closes learns what the sources said", async () => {
    const { resolver, sources } = setUp("dns");
    const waiting = resolver.resolve(orders).catch((e) => e);
    const closed = resolver.close();
    sources[0].answer(notFound);
    await closed;
    expect(await waiting).toBeInstanceOf(ServiceNotFoundError);
  });

  test("closes each source once, after its last lookup, and all of them although one fails", async () => {
    const { resolver, sources } = setUp("dns", "cloudMap");
    const waiting = resolver.resolve(orders).catch((e) => e);
    sources[0].close = () => {
      throw new Error("does not close");
    };
    const closed = resolver.close().catch((e) => e);
    await settled();
    expect(sources[1].closed).toBe(0);
    await expect(resolver.destroy()).rejects.toThrow("does not close");
    expect(await closed).toMatchObject({ message: "does not close" });
    expect(await waiting).toBeInstanceOf(ClosedError);
    expect(sources[1].closed).toBe(1);
  });
});
