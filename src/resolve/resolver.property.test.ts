import { subscribe, unsubscribe } from "node:diagnostics_channel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Manner, ResolverWorld, type Says } from "../../test/support/resolver-world.ts";

/** Milliseconds that a busy machine may take; an idle one takes a tenth. */
const patience = { timeout: 90_000 };

/**
 * Whatever sources, callers, clocks and aborts do, in whatever order: what must hold stands in `ResolverWorld`.
 * A failure prints its seed and path, and the shortest list of steps that leads to it; with
 * `fc.assert(..., { seed, path })` it happens again.
 */
type Step =
  | { readonly do: "resolve" | "peek" | "doubt" | "watch"; readonly service: number }
  | { readonly do: "manner"; readonly source: number; readonly manner: Manner }
  | { readonly do: "tell"; readonly source: number; readonly which: number; readonly says: Says | "rejects" }
  | {
      readonly do: "tellAndJump";
      readonly source: number;
      readonly which: number;
      readonly says: Says | "rejects";
      readonly ms: number;
    }
  | { readonly do: "abort"; readonly which: number }
  | { readonly do: "advance" | "jump"; readonly ms: number }
  | { readonly do: "settle" | "crowdOut" | "stopWatching" | "close" | "destroy" };

const service = fc.nat({ max: 1 });
const source = fc.nat({ max: 2 });
const which = fc.nat({ max: 9 });
const says: fc.Arbitrary<Says> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("endpoints" as const),
      ttl: fc.constantFrom(0, Number.NaN, -1, 1_000, 10_000, 60_000, 1e12, Number.POSITIVE_INFINITY),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "notMine" as const,
        "notFound" as const,
        "empty" as const,
        "unavailable" as const,
        "unavailableToOne" as const,
        "nonsense" as const,
      ),
    }),
  },
);
const told = fc.oneof(
  { weight: 6, arbitrary: says },
  { weight: 1, arbitrary: fc.constant("rejects" as const) },
);
const manner: fc.Arbitrary<Manner> = fc.record({
  way: fc.constantFrom("now", "soon", "soon", "told", "told", "throws", "rejects"),
  says,
});
const passing = fc.constantFrom(1, 100, 249, 250, 600, 600, 1_000, 4_000, 5_000, 12_000, 60_000, 310_000);
const forward = fc.constantFrom(500, 9_000, 11_000, 30_000, 299_000, 301_000, 3_600_000, 4_000_000);
const back = fc.constantFrom(-1, -1_000, -60_000, -3_600_000);

function steps(jumps: fc.Arbitrary<number>): fc.Arbitrary<Step[]> {
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({ do: fc.constantFrom("resolve", "resolve", "peek", "doubt"), service }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("watch" as const), service }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant("manner" as const), source, manner }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant("tell" as const), source, which, says: told }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("tellAndJump" as const), source, which, says: told, ms: jumps }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("abort" as const), which }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: passing }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("jump" as const), ms: jumps }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("settle" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("stopWatching", "crowdOut") }) },
  );
  return fc.array(step, { minLength: 5, maxLength: 60 });
}

async function take(world: ResolverWorld, step: Step): Promise<void> {
  switch (step.do) {
    case "resolve":
    case "doubt":
    case "watch":
    case "peek":
      return void world[step.do](step.service);
    case "manner":
      return void Object.assign(world.sources[step.source] ?? {}, { manner: step.manner });
    case "tell":
      return world.sources[step.source]?.tell(step.which, step.says);
    case "tellAndJump":
      return world.tellAndJump(step.source, step.which, step.says, step.ms);
    case "abort":
      return world.callers[step.which % world.callers.length]?.abort.abort(new Error("no longer wanted"));
    case "advance":
      return world.advance(step.ms);
    case "jump":
      return world.jump(step.ms);
    case "settle":
      return world.settle();
    case "crowdOut":
      return world.crowdOut();
    case "stopWatching":
      return void (await world.stopWatching());
    case "close":
    case "destroy":
      return void world.close(step.do);
  }
}

/** Makes a world, lets it run, and looks at what is left. */
async function live(
  { sources, random }: { sources: number; random: number },
  run: (world: ResolverWorld) => Promise<void>,
): Promise<void> {
  const world = new ResolverWorld(sources, () => random);
  const hear = (message: unknown) => world.heard(message as Parameters<ResolverWorld["heard"]>[0]);
  subscribe("byname:resolve", hear);
  try {
    await run(world);
  } finally {
    unsubscribe("byname:resolve", hear);
  }
}

const anyJump = fc.oneof(forward, back);
const setting = fc.record({
  sources: fc.integer({ min: 1, max: 3 }),
  random: fc.constantFrom(0, 0.5, 0.999),
});

test.each([
  ["time only goes forward", forward],
  ["the clock is set back as well", anyJump],
])("nobody is served what is too old, or left waiting, where %s", patience, async (_where, jumps) => {
  await fc.assert(
    fc.asyncProperty(setting, steps(jumps), async (where, list) => {
      await live(where, async (world) => {
        for (const step of list) await take(world, step);
        await world.stopWatching();
        // Sources that never answer are given up; then whoever waits is told.
        await world.advance(60_000);
        await world.checkEnd();
      });
    }),
    { numRuns: 80 },
  );
});

test("the best source is in use again once it works, whatever happened before", patience, async () => {
  await fc.assert(
    fc.asyncProperty(setting, steps(forward), async (where, list) => {
      await live(where, async (world) => {
        for (const step of list) await take(world, step);
        await world.checkComesBack();
        await world.stopWatching();
        await world.advance(60_000);
        await world.checkEnd();
      });
    }),
    { numRuns: 40 },
  );
});

test("with a fixed address that holds nobody is told no", patience, async () => {
  await fc.assert(
    fc.asyncProperty(steps(anyJump), async (list) => {
      await live({ sources: 3, random: 0.5 }, async (world) => {
        world.holdFixed();
        for (const step of list) if (!("source" in step && step.source === 2)) await take(world, step);
        await world.stopWatching();
        await world.advance(60_000);
        await world.checkEnd();
      });
    }),
    { numRuns: 40 },
  );
});

test("nothing starts and nothing stays after the end, whenever it comes", patience, async () => {
  const ends = fc.constantFrom("close" as const, "destroy" as const);
  await fc.assert(
    fc.asyncProperty(setting, steps(anyJump), ends, steps(anyJump), async (where, before, end, after) => {
      await live(where, async (world) => {
        for (const step of before) await take(world, step);
        const ended = world.close(end);
        for (const step of after) await take(world, step);
        // Watchers end by themselves, within the time after which they look up.
        await world.advance(60_000);
        await ended;
        await world.close("destroy");
        await world.checkEnd();
        await world.stopWatching();
      });
    }),
    { numRuns: 60 },
  );
  expect.assertions(0);
});
