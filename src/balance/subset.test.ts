import { expect, test } from "vitest";
import type { Endpoint } from "../ground/endpoint.ts";
import { subset } from "./subset.ts";

function tasks(count: number): Endpoint[] {
  return Array.from({ length: count }, (_, i) => ({
    address: `10.0.${i >> 8}.${i & 255}`,
    port: 80,
    id: `task-${i}`,
  }));
}

test("a list no longer than the size is used whole, as it is", () => {
  const list = tasks(100);
  expect(subset(list, "me")).toBe(list);
});

test("the same client takes the same endpoints in whatever order they come", () => {
  const list = tasks(300);
  const mine = subset(list, "me");
  expect(mine).toHaveLength(100);
  expect(subset([...list].reverse(), "me")).toEqual(mine);
});

test("another client takes others", () => {
  const list = tasks(300);
  const mine = new Set(subset(list, "me"));
  const shared = subset(list, "you").filter((endpoint) => mine.has(endpoint)).length;
  expect(shared).toBeGreaterThan(15);
  expect(shared).toBeLessThan(55);
});

test("when one endpoint goes or comes, one of the subset changes at most", () => {
  const list = tasks(300);
  for (let gone = 0; gone < 300; gone++) {
    const less = list.filter((_, index) => index !== gone);
    const before = new Set(subset(list, "me"));
    const added = subset(less, "me").filter((endpoint) => !before.has(endpoint));
    expect(added).toHaveLength(before.has(list[gone]!) ? 1 : 0);
  }
});

test("goes by the instance's id, whatever its address", () => {
  const list = tasks(300);
  const moved = list.map((endpoint) => ({ ...endpoint, address: endpoint.address.replace("10.0", "10.9") }));
  const ids = (endpoints: readonly Endpoint[]) => endpoints.map(({ id }) => id);
  expect(ids(subset(moved, "me"))).toEqual(ids(subset(list, "me")));
});
