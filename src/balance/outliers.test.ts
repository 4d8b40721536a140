import fc from "fast-check";
import { expect, test } from "vitest";
import { Candidate } from "./candidate.ts";
import { UsualLatency } from "./latency.ts";
import { Outliers } from "./outliers.ts";

const second = 1_000;

function watch(count: number): { outliers: Outliers; all: Candidate[] } {
  const outliers = new Outliers();
  const all = Array.from(
    { length: count },
    (_, index) => new Candidate({ address: `10.0.0.${index}`, port: 80 }, new UsualLatency(), 0, 0),
  );
  outliers.follow(all);
  return { outliers, all };
}

function fail(outliers: Outliers, candidate: Candidate, now: number, times = 5): void {
  for (let i = 0; i < times; i++) outliers.failed(candidate, now);
}

test("five failures in a row eject", () => {
  const { outliers, all } = watch(3);
  fail(outliers, all[0]!, 0, 4);
  expect(outliers.ejected).toEqual([]);
  fail(outliers, all[0]!, 0, 1);
  expect(outliers.ejected).toEqual([all[0]]);
  expect(outliers.active).toEqual([all[1], all[2]]);
});

test("an answer in between starts the count anew", () => {
  const { outliers, all } = watch(3);
  fail(outliers, all[0]!, 0, 4);
  outliers.answered(all[0]!, 0);
  fail(outliers, all[0]!, 0, 4);
  expect(outliers.ejected).toEqual([]);
});

test("the trial is due after thirty seconds, and is for one attempt only", () => {
  const { outliers, all } = watch(3);
  fail(outliers, all[0]!, 0);
  expect(outliers.trial(30 * second - 1)).toBeUndefined();
  expect(outliers.trial(30 * second)).toBe(all[0]);
  expect(outliers.trial(30 * second)).toBeUndefined();
  expect(outliers.active).not.toContain(all[0]);
});

test("an answer to the trial brings the endpoint back", () => {
  const { outliers, all } = watch(3);
  fail(outliers, all[0]!, 0);
  outliers.trial(30 * second);
  outliers.answered(all[0]!, 31 * second);
  expect(outliers.active).toEqual(all);
});

test("each failed trial ejects for thirty seconds more, up to five minutes", () => {
  const { outliers, all } = watch(3);
  fail(outliers, all[0]!, 0);
  let now = 30 * second;
  const lengths: number[] = [];
  for (let i = 0; i < 12; i++) {
    expect(outliers.trial(now)).toBe(all[0]);
    outliers.failed(all[0]!, now);
    lengths.push((all[0]!.ejection.until - now) / second);
    now = all[0]!.ejection.until;
  }
  expect(lengths).toEqual([60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300, 300]);
});

test("one of the times is forgotten for every ten seconds that it behaves", () => {
  const { outliers, all } = watch(3);
  const [one] = all as [Candidate, ...Candidate[]];
  fail(outliers, one, 0);
  outliers.trial(30 * second);
  outliers.failed(one, 30 * second);
  outliers.trial(90 * second);
  outliers.answered(one, 90 * second);
  expect(one.ejection.times).toBe(2);
  fail(outliers, one, 101 * second);
  expect(one.ejection.times).toBe(2);
  outliers.trial(161 * second);
  outliers.answered(one, 161 * second);
  fail(outliers, one, 300 * second);
  expect(one.ejection.times).toBe(1);
});

test("while it is out, the outcome of an older request changes nothing", () => {
  const { outliers, all } = watch(3);
  fail(outliers, all[0]!, 0);
  outliers.answered(all[0]!, second);
  fail(outliers, all[0]!, second);
  expect(outliers.ejected).toEqual([all[0]]);
  expect(all[0]!.ejection).toMatchObject({ until: 30 * second, times: 1 });
});

test("a trial that was aborted is held anew at once", () => {
  const { outliers, all } = watch(3);
  fail(outliers, all[0]!, 0);
  outliers.trial(30 * second);
  outliers.ended(all[0]!);
  expect(outliers.trial(30 * second)).toBe(all[0]);
});

test("a trial whose end is never told is held anew after thirty seconds", () => {
  const { outliers, all } = watch(3);
  fail(outliers, all[0]!, 0);
  outliers.trial(30 * second);
  all[0]!.inFlight = 1;
  expect(outliers.trial(60 * second - 1)).toBeUndefined();
  expect(outliers.trial(60 * second)).toBe(all[0]);
});

test.each([
  [1, 0],
  [2, 1],
  [3, 1],
  [4, 2],
  [5, 2],
  [10, 5],
])("of %d endpoints that all fail, %d are ejected and all are used", (count, ejected) => {
  const { outliers, all } = watch(count);
  for (const candidate of all) fail(outliers, candidate, 0);
  expect(outliers.ejected).toHaveLength(ejected);
  expect(outliers.panic).toBe(true);
  expect(outliers.active).toEqual(all);
});

test("the panic ends as soon as half of them answer again", () => {
  const { outliers, all } = watch(4);
  for (const candidate of all) fail(outliers, candidate, 0);
  outliers.answered(all[0]!, second);
  expect(outliers.panic).toBe(true);
  outliers.answered(all[1]!, second);
  expect(outliers.panic).toBe(false);
  expect(outliers.active).toEqual([all[0], all[1], all[2], all[3]].filter((one) => !one!.ejected));
});

test("when the healthy ones leave, the ejected ones are used", () => {
  const { outliers, all } = watch(4);
  fail(outliers, all[0]!, 0);
  fail(outliers, all[1]!, 0);
  outliers.follow([all[0]!, all[1]!, all[2]!]);
  expect(outliers.panic).toBe(true);
  expect(outliers.active).toHaveLength(3);
});

test("whatever happens, somebody is in use, and outside a panic at least half are", () => {
  const step = fc.record({
    what: fc.constantFrom("failed", "answered", "ended", "trial", "shrink") as fc.Arbitrary<Step["what"]>,
    who: fc.nat(7),
    wait: fc.integer({ min: 0, max: 40_000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 150 }), (count, steps) => {
      const { outliers, all } = watch(count);
      let now = 0;
      for (const { what, who, wait } of steps) {
        now += wait;
        const candidate = all[who % all.length]!;
        if (what === "trial") outliers.trial(now);
        else if (what === "shrink") outliers.follow(all.slice(0, 1 + (who % all.length)));
        else if (what === "ended") outliers.ended(candidate);
        else for (let i = 0; i < 3; i++) outliers[what](candidate, now);
        expect(outliers.active.length).toBeGreaterThan(0);
        for (const one of outliers.ejected) expect(one.ejection.until - now).toBeLessThanOrEqual(300_000);
        if (outliers.panic) continue;
        expect(outliers.active.some((one) => one.ejected)).toBe(false);
        expect(outliers.ejected.length).toBeLessThanOrEqual(outliers.active.length);
      }
    }),
  );
});

interface Step {
  readonly what: "failed" | "answered" | "ended" | "trial" | "shrink";
}
