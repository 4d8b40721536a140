import { expect, test } from "vitest";
import { settled } from "../../test/support/fake-clock.ts";
import { mapAtMost } from "./at-most.ts";

test("runs over all items and keeps their order", async () => {
  const later = (ms: number) => new Promise<number>((resolve) => setTimeout(() => resolve(ms), ms));
  expect(await mapAtMost([3, 1, 2], 2, later)).toEqual([3, 1, 2]);
  expect(await mapAtMost([], 2, later)).toEqual([]);
});

test("never more than the limit at the same time, and always as many as that", async () => {
  const open: (() => void)[] = [];
  let most = 0;
  const done = mapAtMost([1, 2, 3, 4, 5], 2, async (item) => {
    await new Promise<void>((resolve) => open.push(resolve));
    return item * 2;
  });
  for (let i = 0; i < 5; i++) {
    await settled();
    most = Math.max(most, open.length);
    expect(open.length).toBe(Math.min(2, 5 - i));
    open.shift()!();
  }
  expect(await done).toEqual([2, 4, 6, 8, 10]);
  expect(most).toBe(2);
});

test("rejects with the first failure", async () => {
  const fail = async (item: number) => {
    if (item === 2) throw new Error("two");
    return item;
  };
  await expect(mapAtMost([1, 2, 3], 2, fail)).rejects.toThrow("two");
});
