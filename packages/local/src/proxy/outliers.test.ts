import { beforeEach, describe, expect, it } from "vitest";
import { Outliers, outlierRules } from "./outliers.ts";

const { failures, window, firstOut, longestOut } = outlierRules;
let now: number;
let outliers: Outliers;

beforeEach(() => {
  now = 1_000_000;
  outliers = new Outliers(() => now);
});

function fail(count: number): void {
  for (let failed = 0; failed < count; failed += 1) outliers.failed("10.0.0.1:80");
}

const isOut = () => outliers.isOut("10.0.0.1:80");

describe("a host", () => {
  it("is left out after five failures within 30 s", () => {
    fail(failures - 1);
    expect(isOut()).toBe(false);
    fail(1);
    expect(isOut()).toBe(true);
    expect(outliers.isOut("10.0.0.2:80")).toBe(false);
  });

  it("stays where the failures are spread over a longer time", () => {
    fail(failures - 1);
    now += window;
    fail(1);
    expect(isOut()).toBe(false);
  });

  it("comes back after 30 s", () => {
    fail(failures);
    now += firstOut - 1;
    expect(isOut()).toBe(true);
    now += 1;
    expect(isOut()).toBe(false);
  });

  it("is out for longer each time, up to 300 s", () => {
    const times: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      fail(failures);
      const before = now;
      while (isOut()) now += firstOut;
      times.push(now - before);
    }
    expect(times.slice(0, 3)).toEqual([firstOut, 2 * firstOut, 3 * firstOut]);
    expect(times.slice(-2)).toEqual([longestOut, longestOut]);
  });

  it("starts from the beginning once it has behaved for as long as the longest absence", () => {
    fail(failures);
    now += firstOut;
    fail(failures);
    now += 2 * firstOut + longestOut + 1;
    fail(failures);
    now += firstOut;
    expect(isOut()).toBe(false);
  });
});
