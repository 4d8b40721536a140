import { expect, test } from "vitest";
import type { Endpoint } from "../ground/endpoint.ts";
import { Members } from "./members.ts";

const a: Endpoint = { address: "10.0.0.1", port: 80, id: "task-a" };
const b: Endpoint = { address: "10.0.0.2", port: 80, id: "task-b" };
const plain = ({ address, port }: Endpoint): Endpoint => ({ address, port });

test("knows an instance by its id, at whatever address", () => {
  const members = new Members();
  const [before] = members.follow([a], 0);
  const moved = { ...a, address: "10.0.0.9" };
  const [after] = members.follow([moved], 1);
  expect(after).toBe(before);
  expect(after!.endpoint).toBe(moved);
});

test("knows it by address and port when the source changes to one without ids, and back", () => {
  const members = new Members();
  const before = members.follow([a, b], 0);
  expect(members.follow([plain(b), plain(a)], 1)).toEqual([before[1], before[0]]);
  expect(members.follow([a, b], 2)).toEqual(before);
});

test("takes another id at the same address for another instance", () => {
  const members = new Members();
  const [before] = members.follow([a], 0);
  const [after] = members.follow([{ ...a, id: "task-z" }], 1);
  expect(after).not.toBe(before);
});

test("one instance on two ports is two endpoints", () => {
  const members = new Members();
  const list = [a, { ...a, port: 81 }];
  const before = members.follow(list, 0);
  expect(new Set(before).size).toBe(2);
  expect(members.follow([...list].reverse(), 1)).toEqual([...before].reverse());
});

test("an endpoint that stands in the list twice counts once", () => {
  expect(new Members().follow([a, a, plain(a)], 0)).toHaveLength(1);
});

test("remembers one that left for five minutes", () => {
  const members = new Members();
  const [, gone] = members.follow([a, b], 0);
  members.follow([a], 1_000);
  members.follow([a], 300_000);
  expect(members.follow([a, b], 300_500)[1]).toBe(gone);
  members.follow([a], 301_000);
  members.follow([a], 601_000);
  expect(members.follow([a, b], 601_001)[1]).not.toBe(gone);
});

test("remembers a thousand of them at most, the latest ones", () => {
  const members = new Members();
  const many = Array.from({ length: 1_500 }, (_, index) => ({
    address: `10.1.${index >> 8}.${index & 255}`,
    port: 80,
  }));
  const before = members.follow(many, 0);
  members.follow([a], 1);
  const after = members.follow(many, 2);
  expect(after.filter((candidate, index) => candidate === before[index])).toHaveLength(1_000);
  expect(after.at(-1)).toBe(before.at(-1));
});

test("only those that join others start slowly", () => {
  const members = new Members();
  const [first] = members.follow([a], 5_000);
  const [, second] = members.follow([a, b], 6_000);
  expect([first!.ramp(5_000), second!.ramp(6_000)]).toEqual([1, 0.1]);
});
