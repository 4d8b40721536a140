import { expect, test } from "vitest";
import type { Endpoint } from "../ground/endpoint.ts";
import { Candidate } from "./candidate.ts";
import { UsualLatency } from "./latency.ts";
import { vanished } from "./vanished.ts";

const now = 100_000;

function answering(count: number): Candidate[] {
  return Array.from({ length: count }, (_, index) => {
    const endpoint = { address: `10.0.0.${index}`, port: 80, id: `task-${index}` };
    const candidate = new Candidate(endpoint, new UsualLatency(), 0, 0);
    candidate.answeredAt = now - 1_000;
    return candidate;
  });
}

const listOf = (candidates: readonly Candidate[]): Endpoint[] => candidates.map(({ endpoint }) => endpoint);

test("keeps those that still answer when most of a list is gone at once", () => {
  const all = answering(10);
  expect(vanished(10, all, listOf(all.slice(0, 2)), now)).toEqual(all.slice(2));
});

test("believes a list that shrank to half or less of a loss", () => {
  const all = answering(10);
  expect(vanished(10, all, listOf(all.slice(0, 5)), now)).toEqual([]);
  expect(vanished(2, all.slice(0, 2), listOf(all.slice(0, 1)), now)).toEqual([]);
});

test("believes a list of as many new ones: a deployment", () => {
  const all = answering(4);
  const next = listOf(all).map((endpoint) => ({ ...endpoint, id: `new-${endpoint.id}`, port: 81 }));
  expect(vanished(4, all, next, now)).toEqual([]);
});

test("lets go of those that failed, were ejected, or have not been heard of for a minute", () => {
  const [listed, fine, failing, out, silent] = answering(5) as [
    Candidate,
    Candidate,
    Candidate,
    Candidate,
    Candidate,
  ];
  failing.failures = 1;
  out.ejection.state = "out";
  silent.answeredAt = now - 60_000;
  expect(vanished(5, [listed, fine, failing, out, silent], listOf([listed]), now)).toEqual([fine]);
});

test("keeps none twice: the second short answer is believed", () => {
  const all = answering(10);
  for (const candidate of all.slice(2)) candidate.kept = true;
  expect(vanished(10, all, listOf(all.slice(0, 2)), now)).toEqual([]);
});

test("knows one that is listed without its id by its address", () => {
  const all = answering(5);
  const { address, port } = all[0]!.endpoint;
  expect(vanished(5, all, [{ address, port }], now)).toEqual(all.slice(1));
});
