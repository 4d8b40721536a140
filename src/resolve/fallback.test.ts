import { expect, test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { queryNamed } from "../../test/support/fake-source.ts";
import { hear } from "../../test/support/hear.ts";
import { Fallback } from "./fallback.ts";

function fallen() {
  const clock = new FakeClock();
  const query = queryNamed("orders");
  const fallback = new Fallback(query, clock);
  return { clock, query, fallback, without: () => fallback.query().without };
}

test("nothing is left out at first, and the query is the very same", () => {
  const { fallback, query } = fallen();
  expect(fallback.query()).toBe(query);
});

test("a source that does not work is left out, by the same query for everybody", () => {
  const { fallback, query } = fallen();
  const instead = fallback.leave("dns");
  expect(instead).toEqual({ ...query, without: ["dns"], key: `${query.key} without dns` });
  expect(fallback.query()).toBe(instead);
});

test("two sources are left out by one query, whichever was the first", () => {
  const one = fallen().fallback;
  one.leave("dns");
  const other = fallen().fallback;
  other.leave("serviceConnect");
  expect(one.leave("serviceConnect").key).toBe(other.leave("dns").key);
});

test("after a second, one request tries it; all others stay where they are for twice as long", () => {
  const { fallback, clock, without } = fallen();
  fallback.leave("dns");
  clock.jump(999);
  expect(without()).toEqual(["dns"]);
  clock.jump(1);
  expect(without()).toBeUndefined();
  expect(without()).toEqual(["dns"]);
  clock.jump(1_999);
  expect(without()).toEqual(["dns"]);
  clock.jump(1);
  expect(without()).toBeUndefined();
});

test.each([
  ["fails", true],
  ["hangs", false],
])("each trial that %s doubles the time, up to half a minute", (_, isTold) => {
  const { fallback, clock, without } = fallen();
  fallback.leave("dns");
  for (const ms of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    clock.jump(ms - 1);
    expect(without()).toEqual(["dns"]);
    clock.jump(1);
    expect(without()).toBeUndefined();
    if (isTold) fallback.leave("dns");
  }
});

test("requests that fail together count once", () => {
  const { fallback, clock, without } = fallen();
  for (let i = 0; i < 50; i++) fallback.leave("dns");
  clock.jump(1_000);
  expect(without()).toBeUndefined();
});

test("a source that works again is as good as new", () => {
  const { fallback, clock, query, without } = fallen();
  fallback.leave("dns");
  clock.jump(1_000);
  without();
  fallback.leave("dns");
  fallback.trust("dns");
  expect(fallback.query()).toBe(query);
  fallback.leave("dns");
  clock.jump(1_000);
  expect(without()).toBeUndefined();
});

test("sources that are left out together are tried one by one", () => {
  const { fallback, clock, without } = fallen();
  fallback.leave("serviceConnect");
  fallback.leave("dns");
  clock.jump(1_000);
  expect([without(), without(), without()]).toEqual([["dns"], ["serviceConnect"], ["dns", "serviceConnect"]]);
});

test("where no source is left, all are as good as before", () => {
  const { fallback, query } = fallen();
  fallback.leave("serviceConnect");
  fallback.leave("dns");
  fallback.trustAll();
  expect(fallback.query()).toBe(query);
});

test("a clock that was set back keeps a source out no longer, and lets no more than one request try it", () => {
  const { fallback, clock, without } = fallen();
  fallback.leave("dns");
  clock.jump(-3_600_000);
  expect(without()).toBeUndefined();
  expect(without()).toEqual(["dns"]);
  fallback.leave("dns");
  clock.jump(1_999);
  expect(without()).toEqual(["dns"]);
  clock.jump(1);
  expect(without()).toBeUndefined();
});

test("a process that stood still tries it at once", () => {
  const { fallback, clock, without } = fallen();
  fallback.leave("dns");
  clock.jump(3_600_000);
  expect([without(), without()]).toEqual([undefined, ["dns"]]);
});

test("it is announced when a source is left and when it is back, once each", () => {
  const seen = hear("byname:fallback");
  const { fallback, clock } = fallen();
  fallback.leave("dns");
  fallback.leave("dns");
  clock.jump(5_000);
  fallback.leave("dns");
  fallback.leave("fixed");
  fallback.trust("dns");
  fallback.trust("dns");
  fallback.trustAll();
  expect(seen).toEqual([
    { service: "orders", source: "dns", state: "left" },
    { service: "orders", source: "fixed", state: "left" },
    { service: "orders", source: "dns", state: "back" },
    { service: "orders", source: "fixed", state: "back" },
  ]);
});
