import { describe, expect, test } from "vitest";
import type { SourceReport } from "../ground/source.ts";
import { Entry } from "./entry.ts";

const found = { service: "orders", source: "dns", endpoints: [{ address: "10.0.0.1", port: 80 }] };
const reports: SourceReport[] = [{ source: "dns", answer: "unavailable", detail: "down", ms: 1 }];

function entry(random = 0.5): Entry {
  return new Entry(300_000, () => random);
}

test("an entry that knows nothing is due", () => {
  expect(entry().serve(0)).toEqual({ due: true });
  expect(entry().dueAt(0)).toBe(0);
});

describe("an answer", () => {
  test("is fresh for its lifetime, then stale, then of no use", () => {
    const known = entry();
    known.found(found, 10_000, 1_000);
    expect(known.serve(10_999).resolution).toMatchObject({ stale: false, expiresAt: 11_000 });
    expect(known.serve(11_000).resolution).toMatchObject({ stale: true, expiresAt: 11_000 });
    expect(known.serve(310_999).resolution).toMatchObject({ stale: true });
    expect(known.serve(311_000)).toEqual({ due: true });
  });

  test("is the same object each time, so that who keeps something by it finds it again", () => {
    const known = entry();
    const resolution = known.found(found, 10_000, 0);
    expect(known.serve(1).resolution).toBe(resolution);
    expect(known.serve(20_000).resolution).toBe(known.serve(30_000).resolution);
  });

  test.each([
    [0, 10_000],
    [0.5, 9_000],
    [1, 8_000],
  ])("is due before its end by up to a fifth of its lifetime, by chance (%d)", (random, dueAt) => {
    const known = entry(random);
    known.found(found, 10_000, 0);
    expect(known.dueAt(0)).toBe(dueAt);
    expect(known.serve(dueAt - 1).due).toBe(false);
    expect(known.serve(dueAt).due).toBe(true);
  });

  test("that lay there through a freeze counts where it is the youngest, and not too old for any use", () => {
    const known = entry();
    expect(known.found(found, 10_000, 0, 310_000)).toBeUndefined();
    expect(known.found(found, 10_000, 0, 309_999)).toMatchObject({ expiresAt: 10_000 });
    known.found(found, 10_000, 309_999);
    expect(known.found(found, 10_000, 5_000, 310_000)).toBeUndefined();
    expect(known.serve(310_000).resolution).toMatchObject({ stale: false, expiresAt: 319_999 });
  });

  test("may be made due earlier, never later", () => {
    const known = entry();
    known.found(found, 10_000, 0);
    known.refreshBy(20_000);
    expect(known.dueAt(0)).toBe(9_000);
    known.refreshBy(2_000);
    expect(known.dueAt(0)).toBe(2_000);
  });
});

describe("a failure", () => {
  test("is what callers are told until the next try, after 1, 2, 4, 5 and 5 seconds", () => {
    const known = entry();
    let now = 0;
    for (const delay of [1_000, 2_000, 4_000, 5_000, 5_000]) {
      known.failed(reports, now, false, true);
      expect(known.dueAt(now)).toBe(now + delay);
      expect(known.serve(now + delay - 1)).toEqual({ due: false, failure: reports });
      now += delay;
      expect(known.serve(now)).toEqual({ due: true });
    }
  });

  test("leaves a stale answer in use, but not due before the next try", () => {
    const known = entry();
    known.found(found, 10_000, 0);
    known.failed(reports, 20_000, false, true);
    expect(known.serve(20_999)).toMatchObject({ resolution: { stale: true }, due: false });
    expect(known.serve(21_000)).toMatchObject({ resolution: { stale: true }, due: true });
  });

  test("of a round that left some out is nobody's error once the answer is too old: all are asked first", () => {
    const known = entry();
    known.found(found, 10_000, 0);
    known.failed(reports, 309_999, false, false);
    expect(known.serve(309_999)).toMatchObject({ resolution: { stale: true }, due: false });
    expect(known.serve(310_000)).toEqual({ due: true });
    known.failed(reports, 310_000, false, true);
    expect(known.serve(310_001)).toEqual({ due: false, failure: reports });
  });

  test("drops the answer where the sources are sure", () => {
    const known = entry();
    known.found(found, 10_000, 0);
    known.failed(reports, 9_500, true, true);
    expect(known.serve(9_500)).toEqual({ due: false, failure: reports });
  });

  test("is forgotten with the next answer, and counts from one again", () => {
    const known = entry();
    for (let i = 0; i < 5; i++) known.failed(reports, i * 5_000, false, true);
    known.found(found, 10_000, 30_000);
    known.failed(reports, 41_000, true, true);
    expect(known.dueAt(41_000)).toBe(42_000);
  });
});

describe("doubt", () => {
  test("makes the answer due at once, at most once a second", () => {
    const known = entry();
    known.found(found, 60_000, 0);
    known.doubt(5_000);
    expect(known.serve(5_000)).toMatchObject({ resolution: { stale: false }, due: true });
    known.found(found, 60_000, 5_100);
    known.doubt(5_999);
    expect(known.serve(5_999).due).toBe(false);
    known.doubt(6_000);
    expect(known.serve(6_000).due).toBe(true);
  });

  test("does not hurry the next try after a failure", () => {
    const known = entry();
    known.found(found, 10_000, 0);
    known.failed(reports, 20_000, false, true);
    known.doubt(20_500);
    expect(known.serve(20_500).due).toBe(false);
  });

  test("of nothing changes nothing", () => {
    const known = entry();
    known.doubt(0);
    expect(known.serve(0)).toEqual({ due: true });
  });
});

describe("a clock that was set back", () => {
  test("makes an answer count as just expired: served for the time on error, and due", () => {
    const known = entry();
    known.found(found, 10_000, 1_000_000);
    known.serve(1_000_000);
    expect(known.serve(5_000)).toMatchObject({ resolution: { stale: true, expiresAt: 5_000 }, due: true });
    expect(known.serve(304_999).resolution).toMatchObject({ stale: true });
    expect(known.serve(305_000).resolution).toBeUndefined();
  });

  test("does not hold back the next try", () => {
    const known = entry();
    known.failed(reports, 1_000_000, false, true);
    known.serve(1_000_000);
    expect(known.serve(5_000)).toEqual({ due: true });
  });

  test("is also noticed by a failure", () => {
    const known = entry();
    known.found(found, 10_000, 1_000_000);
    known.serve(1_000_000);
    known.failed(reports, 5_000, false, true);
    expect(known.serve(5_500)).toMatchObject({ resolution: { stale: true, expiresAt: 5_000 }, due: false });
  });
});
