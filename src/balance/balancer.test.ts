import fc from "fast-check";
import { expect, test } from "vitest";
import { seeded } from "../../test/simulation/seeded.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import type { OwnPicker } from "../ground/balance.ts";
import type { Endpoint } from "../ground/endpoint.ts";
import { Balancer, type BalancerOptions } from "./balancer.ts";
import type { Candidate } from "./candidate.ts";
import { SteadyTime } from "./steady-time.ts";

const hour = 3_600_000;

interface Lab {
  readonly clock: FakeClock;
  /** Steady time, as whoever asks a balancer has it. */
  readonly now: () => number;
  readonly balancer: Balancer;
  /** One whole attempt: where it went. */
  call(outcome: "answered" | "failed", tried?: readonly Candidate[]): Candidate;
}

function lab(options: Partial<BalancerOptions> = {}): Lab {
  const clock = new FakeClock();
  const steady = new SteadyTime(clock);
  const now = () => steady.at(clock.monotonic(), clock.now());
  const balancer = new Balancer({ random: seeded(1), ...options });
  const call: Lab["call"] = (outcome, tried) => {
    const candidate = balancer.pick(now(), tried);
    balancer[outcome](candidate, now(), 10);
    balancer.ended(candidate);
    return candidate;
  };
  return { clock, now, balancer, call };
}

function tasks(count: number, more: (index: number) => Partial<Endpoint> = () => ({})): Endpoint[] {
  return Array.from({ length: count }, (_, i) => ({
    address: `10.0.0.${i}`,
    port: 80,
    id: `task-${i}`,
    ...more(i),
  }));
}

/** Lets this endpoint fail and the others answer until it is ejected. */
function eject({ now, balancer }: Lab, address: string): void {
  const candidate = balancer.candidates.find(({ endpoint }) => endpoint.address === address)!;
  while (!candidate.ejected) balancer.failed(candidate, now(), 1);
}

test("an attempt counts as under way from the pick to its end", () => {
  const { balancer } = lab();
  balancer.follow(tasks(1), 0);
  const candidate = balancer.pick(0);
  balancer.pick(0);
  expect(candidate.inFlight).toBe(2);
  balancer.answered(candidate, 5, 5);
  balancer.ended(candidate);
  expect(candidate.inFlight).toBe(1);
});

test("uses the very list it is given", () => {
  const { balancer } = lab();
  const list = tasks(3);
  balancer.follow(list, 0);
  expect(balancer.endpoints).toBe(list);
});

test("keeps what it knows of an endpoint over lists and sources", () => {
  const { balancer } = lab();
  balancer.follow(tasks(2), 0);
  const candidate = balancer.pick(0);
  balancer.follow(
    tasks(2).map(({ address, port }) => ({ address, port })),
    1,
  );
  expect(balancer.candidates).toContain(candidate);
  expect(candidate.inFlight).toBe(1);
});

test("an empty list is not taken over", () => {
  const { balancer, call } = lab();
  balancer.follow(tasks(1), 0);
  balancer.follow([], 0);
  expect(call("answered").endpoint.address).toBe("10.0.0.0");
});

test("a repeated attempt goes to an endpoint that was not tried yet", () => {
  const { balancer, call } = lab();
  balancer.follow(tasks(3), 0);
  for (let round = 0; round < 50; round++) {
    const first = call("answered");
    const second = call("answered", [first]);
    const third = call("answered", [first, second]);
    expect(new Set([first, second, third]).size).toBe(3);
    call("answered", [first, second, third]);
  }
});

test("a repeated attempt may leave the own zone, and rather goes to a tried endpoint than to an ejected one", () => {
  const all = lab();
  const { balancer, call } = all;
  balancer.follow(
    tasks(6, (i) => ({ zone: i < 3 ? "a" : "b" })),
    0,
    "a",
  );
  const local = balancer.candidates.slice(0, 3);
  expect(call("answered", local).endpoint.zone).toBe("b");
  const pair = lab();
  pair.balancer.follow(tasks(2), 0);
  eject(pair, "10.0.0.0");
  const only = pair.balancer.candidates[1]!;
  expect(pair.call("answered", [only])).toBe(only);
});

test("where those that were tried could not be reached, an ejected endpoint comes before them", () => {
  const all = lab();
  const { balancer } = all;
  balancer.follow(tasks(3), 0);
  eject(all, "10.0.0.0");
  const [ejected, first, second] = balancer.candidates as [Candidate, Candidate, Candidate];
  expect(balancer.pickElsewhere(0, [first])).toBe(second);
  expect(balancer.pickElsewhere(0, [first, second])).toBe(ejected);
  expect(balancer.pickElsewhere(0, [first, second, ejected])).not.toBe(ejected);
});

test("an ejected endpoint gets no traffic until one trial brings it back", async () => {
  const told: [string, number][] = [];
  const all = lab({ onEjection: ({ endpoint }, ms) => told.push([endpoint.address, ms]) });
  const { clock, now, balancer, call } = all;
  balancer.follow(tasks(4), 0);
  eject(all, "10.0.0.2");
  for (let i = 0; i < 200; i++) expect(call("answered").endpoint.address).not.toBe("10.0.0.2");
  await clock.advance(30_000);
  const trial = balancer.pick(now());
  expect(trial.endpoint.address).toBe("10.0.0.2");
  for (let i = 0; i < 200; i++) expect(call("answered")).not.toBe(trial);
  balancer.answered(trial, now(), 10);
  balancer.ended(trial);
  const after = new Set(Array.from({ length: 200 }, () => call("answered")));
  expect(after).toContain(trial);
  expect(told).toEqual([
    ["10.0.0.2", 30_000],
    ["10.0.0.2", 0],
  ]);
});

test("an endpoint that callers give up on is as slow as they waited, at least", () => {
  const { balancer } = lab();
  balancer.follow(tasks(2), 0);
  const hung = balancer.pick(0);
  balancer.abandoned(hung, 100, 100);
  balancer.ended(hung);
  expect(hung.latency.at(100)).toBe(100);
  expect(hung.failures).toBe(0);
  for (let i = 0; i < 20; i++) {
    const candidate = balancer.pick(100);
    expect(candidate).not.toBe(hung);
    balancer.ended(candidate);
  }
});

test("one that is given up sooner than it usually answers is none the worse for it", () => {
  const { balancer, call } = lab();
  balancer.follow(tasks(1), 0);
  const candidate = call("answered");
  balancer.abandoned(balancer.pick(0), 0, 9);
  expect(candidate.latency.at(0)).toBe(10);
});

test("a quick answer without the work draws no traffic", () => {
  const { balancer } = lab();
  balancer.follow(tasks(2), 0);
  const [broken, well] = balancer.candidates as [Candidate, Candidate];
  let toBroken = 0;
  for (let now = 0; now < 20_000; now += 100) {
    const candidate = balancer.pick(now);
    if (candidate === broken) toBroken++;
    balancer.answered(candidate, now, candidate === broken ? 1 : 40, candidate === well);
    balancer.ended(candidate);
  }
  expect(toBroken).toBeLessThan(20);
});

test("a trial that is given up for being slow has failed; one that is given up soon is held anew", async () => {
  const all = lab();
  const { clock, now, balancer, call } = all;
  balancer.follow(tasks(4), 0);
  for (let i = 0; i < 20; i++) call("answered");
  eject(all, "10.0.0.2");
  await clock.advance(30_000);
  const trial = balancer.pick(now());
  balancer.abandoned(trial, now(), 1);
  balancer.ended(trial);
  expect(balancer.pick(now())).toBe(trial);
  balancer.abandoned(trial, now(), 150);
  balancer.ended(trial);
  for (let i = 0; i < 100; i++) expect(call("answered")).not.toBe(trial);
});

test("no trial is held with a repeated attempt", async () => {
  const all = lab();
  all.balancer.follow(tasks(4), 0);
  eject(all, "10.0.0.2");
  await all.clock.advance(30_000);
  const other = all.balancer.candidates[0]!;
  expect(all.call("answered", [other]).endpoint.address).not.toBe("10.0.0.2");
  expect(all.call("answered").endpoint.address).toBe("10.0.0.2");
});

test.each([2, 3, 4, 5])("of %d endpoints one that is broken is tried once per ejection", async (count) => {
  const all = lab();
  const { clock, now, balancer, call } = all;
  balancer.follow(tasks(count), 0);
  eject(all, "10.0.0.0");
  let trials = 0;
  for (let second = 0; second < 360; second++) {
    for (let i = 0; i < 5; i++) {
      const candidate = balancer.pick(now());
      const isBroken = candidate.endpoint.address === "10.0.0.0";
      if (isBroken) trials++;
      balancer[isBroken ? "failed" : "answered"](candidate, now(), 10);
      balancer.ended(candidate);
    }
    await clock.advance(1_000);
  }
  // At 30, 90, 180 and 300 s.
  expect(trials).toBe(4);
  expect(call("answered").endpoint.address).not.toBe("10.0.0.0");
});

test("an ejection goes on by real time while the process is frozen", () => {
  const all = lab();
  all.balancer.follow(tasks(3), 0);
  eject(all, "10.0.0.1");
  all.clock.jump(30_000);
  expect(all.call("answered").endpoint.address).toBe("10.0.0.1");
});

test("an ejection does not last longer when the wall clock is set back", async () => {
  const all = lab();
  all.balancer.follow(tasks(3), 0);
  eject(all, "10.0.0.1");
  all.clock.jump(-hour);
  await all.clock.advance(30_000);
  expect(all.call("answered").endpoint.address).toBe("10.0.0.1");
});

test("after an idle hour a burst spreads over all endpoints, whenever each was last used", async () => {
  const { clock, now, balancer, call } = lab();
  balancer.follow(tasks(4), 0);
  for (let i = 0; i < 40; i++) {
    call("answered");
    await clock.advance(1_000);
  }
  await clock.advance(hour);
  const burst = Array.from({ length: 40 }, () => balancer.pick(now()));
  for (const candidate of balancer.candidates) {
    expect(burst.filter((one) => one === candidate).length).toBeGreaterThanOrEqual(7);
  }
});

test("an endpoint never tried is neither flooded nor starved", () => {
  const { balancer, call } = lab();
  balancer.follow(tasks(5), 0);
  const burst = Array.from({ length: 50 }, () => balancer.pick(0));
  for (const candidate of balancer.candidates) {
    expect(Math.abs(burst.filter((one) => one === candidate).length - 10)).toBeLessThanOrEqual(3);
  }
  for (const candidate of burst) balancer.ended(candidate);
  const used = new Set(Array.from({ length: 100 }, () => call("answered")));
  expect(used.size).toBe(5);
});

test("when another source takes over, nobody of the old list is kept", () => {
  const { balancer, call } = lab();
  balancer.follow(tasks(10), 0, undefined, "dns");
  for (let i = 0; i < 100; i++) call("answered");
  balancer.follow([{ address: "alb.example.com", port: 80 }], 1, undefined, "fixed");
  expect(balancer.endpoints).toEqual([{ address: "alb.example.com", port: 80 }]);
});

test("when most of a list vanishes, those that answer are used until the next list", async () => {
  const { clock, now, balancer, call } = lab();
  balancer.follow(tasks(10), 0);
  for (let i = 0; i < 200; i++) call("answered");
  balancer.follow(tasks(2), now());
  expect(balancer.endpoints).toHaveLength(10);
  expect(balancer.candidates).toHaveLength(10);
  await clock.advance(10_000);
  balancer.follow(tasks(2), now());
  expect(balancer.endpoints).toHaveLength(2);
  expect(balancer.candidates).toHaveLength(2);
});

test("one that is used although the list lacks it is let go with its first failure", () => {
  const { now, balancer, call } = lab();
  balancer.follow(tasks(10), 0);
  for (let i = 0; i < 200; i++) call("answered");
  balancer.follow(tasks(2), now());
  const kept = balancer.candidates[9]!;
  balancer.failed(kept, now(), 1);
  expect(balancer.candidates).toHaveLength(9);
  expect(balancer.endpoints).not.toContain(kept.endpoint);
  for (let i = 0; i < 200; i++) expect(call("answered")).not.toBe(kept);
});

test("stays in the own zone and tells how much does not", () => {
  const { balancer, call } = lab();
  balancer.follow(
    tasks(6, (i) => ({ zone: "abc"[i % 3]! })),
    0,
    "b",
  );
  for (let i = 0; i < 100; i++) expect(call("answered").endpoint.zone).toBe("b");
  expect(balancer.crossZoneShare).toBe(0);
});

test.each([
  ["the zones are not all known", tasks(8, (i) => (i ? { zone: "abc"[i % 3]! } : {})), "b"],
  ["there are fewer than six endpoints", tasks(5, (i) => ({ zone: "abc"[i % 3]! })), "b"],
  ["the own zone is not known", tasks(9, (i) => ({ zone: "abc"[i % 3]! })), undefined],
])("uses all endpoints alike where %s", (_, list, zone) => {
  const { balancer, call } = lab();
  balancer.follow(list, 0, zone);
  expect(new Set(Array.from({ length: 400 }, () => call("answered"))).size).toBe(list.length);
});

test.each([
  // Of two zones each has half of the callers, and this one a seventh of the endpoints.
  ["is alone", tasks(7, (i) => ({ zone: i === 6 ? "a" : "b" })), 2 / 7],
  // Half of the weight is in this zone, nearly all of it the newcomer's.
  ["weighs the most", tasks(7, (i) => ({ zone: i < 5 ? "b" : "a", weight: [2, 2, 2, 2, 2, 1, 9][i]! })), 0.9],
])("an endpoint that %s in the own zone starts slowly all the same", (_, list, fair) => {
  const { balancer } = lab();
  balancer.follow(list.slice(0, 6), 0, "a");
  balancer.follow(list, 0, "a");
  const toNew = (now: number) => {
    let hits = 0;
    for (let i = 0; i < 1_000; i++) {
      const candidate = balancer.pick(now);
      if (candidate.endpoint === list[6]) hits++;
      balancer.ended(candidate);
    }
    return hits / 1_000;
  };
  expect(toNew(500)).toBeLessThan(fair / 4);
  expect(toNew(20_000)).toBeCloseTo(fair, 1);
});

test("takes the own zone into account as soon as it is known, with the same list", () => {
  const { balancer, call } = lab();
  const list = tasks(6, (i) => ({ zone: "ab"[i % 2]! }));
  balancer.follow(list, 0);
  balancer.follow(list, 0, "a");
  for (let i = 0; i < 50; i++) expect(call("answered").endpoint.zone).toBe("a");
});

test("when endpoints of the own zone are ejected, its traffic spills by as much", () => {
  const all = lab();
  const { balancer, call } = all;
  balancer.follow(
    tasks(6, (i) => ({ zone: i < 3 ? "a" : "b" })),
    0,
    "a",
  );
  eject(all, "10.0.0.0");
  const away = Array.from({ length: 1_000 }, () => call("answered")).filter((one) => one.away).length;
  // Two of five well endpoints are local: four fifths of this zone's half of the load.
  expect(away / 1_000).toBeCloseTo(0.2, 1.3);
});

test("leaves out endpoints that weigh nothing, unless all do", () => {
  const { balancer, call } = lab();
  balancer.follow(
    tasks(3, (i) => ({ weight: i })),
    0,
  );
  for (let i = 0; i < 100; i++) expect(call("answered").endpoint.weight).not.toBe(0);
  const drained = lab();
  drained.balancer.follow(
    tasks(3, () => ({ weight: 0 })),
    0,
  );
  expect(new Set(Array.from({ length: 100 }, () => drained.call("answered"))).size).toBe(3);
});

test("a picker of the user's own has the endpoints of all zones to choose from", () => {
  const given = new Set<number>();
  const policy: OwnPicker = (candidates) => {
    given.add(candidates.length);
    return candidates[0]!;
  };
  const { balancer, call } = lab({ policy });
  balancer.follow(
    tasks(9, (index) => ({ zone: "abc"[index % 3]! })),
    0,
    "a",
  );
  for (let i = 0; i < 50; i++) call("answered");
  expect([...given]).toEqual([9]);
});

test("zones count again when a panic ends, also where those in use stay the same", () => {
  const all = lab({ policy: "roundRobin" });
  const { now, balancer, call } = all;
  balancer.follow(
    tasks(6, (index) => ({ zone: "abc"[index % 3]! })),
    0,
    "a",
  );
  for (const candidate of balancer.candidates)
    for (let i = 0; i < 5; i++) balancer.failed(candidate, now(), 1);
  expect(balancer.panic).toBe(true);
  // Those that were ejected are the first to be well again: then all are in use, as in the panic.
  for (const candidate of balancer.candidates.slice(0, 3)) balancer.answered(candidate, now(), 10);
  expect(balancer.panic).toBe(false);
  for (let i = 0; i < 60; i++) expect(call("answered").endpoint.zone).toBe("a");
});

test("one that weighs nothing is no other to try", () => {
  const { balancer } = lab();
  balancer.follow(
    tasks(3, (index) => ({ weight: index })),
    0,
  );
  const tried = [balancer.pick(0)];
  expect(balancer.hasOther(tried)).toBe(true);
  tried.push(balancer.pick(0, tried));
  expect(balancer.hasOther(tried)).toBe(false);
});

test("takes a weight that is none for 1", () => {
  const { balancer } = lab();
  balancer.follow(
    tasks(4, (i) => ({ weight: [Number.NaN, -1, Number.POSITIVE_INFINITY, 1][i]! })),
    0,
  );
  expect(balancer.candidates.map(({ weight }) => weight)).toEqual([1, 1, 1, 1]);
});

test("of hundreds of endpoints it uses a hundred, the same ones for the same client", () => {
  const use = (client: string) => {
    const { balancer } = lab({ client });
    balancer.follow(tasks(250), 0);
    return balancer.candidates.map(({ endpoint }) => endpoint.id);
  };
  expect(use("me")).toHaveLength(100);
  expect(use("me")).toEqual(use("me"));
  expect(use("me")).not.toEqual(use("you"));
});

test("with the same random numbers and the same time it does the same", () => {
  const run = () => {
    const { balancer, call } = lab();
    balancer.follow(
      tasks(7, (i) => ({ weight: i + 1 })),
      0,
    );
    return Array.from({ length: 300 }, (_, i) => call(i % 7 === 0 ? "failed" : "answered").endpoint.address);
  };
  expect(run()).toEqual(run());
});

const policies = fc.constantFrom("leastLoaded" as const, "leastRequest" as const, "roundRobin" as const);
const zone = fc.constantFrom("a", "b", "c", undefined);
const list = fc.uniqueArray(
  fc.record({ index: fc.nat(12), zone, weight: fc.constantFrom(undefined, 0, 1, 5), hasId: fc.boolean() }),
  { selector: ({ index }) => index, minLength: 1, maxLength: 12 },
);
const steps = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant("follow" as const), list, zone }),
    fc.record({
      what: fc.constant("call" as const),
      outcome: fc.constantFrom("answered", "failed", "aborted"),
      retry: fc.boolean(),
    }),
    fc.record({
      what: fc.constant("wait" as const),
      ms: fc.integer({ min: 0, max: 60_000 }),
      frozen: fc.boolean(),
    }),
  ),
  { maxLength: 120 },
);

test("whatever happens, a pick is one of the endpoints in use, not a tried one where there are others", async () => {
  const property = fc.asyncProperty(
    policies,
    list,
    steps,
    fc.integer(),
    async (policy, first, plan, seed) => {
      const { clock, now, balancer } = lab({ policy, random: seeded(seed) });
      const take = (entries: typeof first, own?: string) => {
        const found = entries.map(({ index, hasId, ...rest }) => {
          const known = Object.entries(rest).filter(([, value]) => value !== undefined);
          return {
            ...Object.fromEntries(known),
            address: `10.0.0.${index}`,
            port: 80,
            ...(hasId ? { id: `${index}` } : {}),
          };
        });
        balancer.follow(found, now(), own);
      };
      take(first);
      let tried: Candidate[] = [];
      for (const step of plan) {
        if (step.what === "follow") take(step.list, step.zone);
        else if (step.what === "wait" && step.frozen) clock.jump(step.ms);
        else if (step.what === "wait") await clock.advance(step.ms);
        else {
          if (!step.retry) tried = [];
          const picked = balancer.pick(now(), tried);
          expect(balancer.endpoints).toContain(picked.endpoint);
          const usable = balancer.candidates.filter((one) => !one.ejected && one.weight > 0);
          if (tried.includes(picked)) expect(usable.filter((one) => !tried.includes(one))).toEqual([]);
          if (step.outcome !== "aborted") {
            balancer[step.outcome as "answered" | "failed"](picked, now(), 10);
          }
          balancer.ended(picked);
          expect(picked.inFlight).toBe(0);
          tried.push(picked);
        }
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
