import { expect, test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { FakeSource, queryNamed } from "../../test/support/fake-source.ts";
import type { BynameOptions } from "../ground/options.ts";
import { settle } from "../ground/settings.ts";
import { onFirstLookup, sourcesFor } from "./sources.ts";

function named(options: BynameOptions) {
  const surroundings = { env: {}, clock: new FakeClock(), random: Math.random, readConfigFile: () => ({}) };
  return sourcesFor(settle(options, surroundings)).map(({ name }) => name);
}

test("all of them by default, in the order of preference", () => {
  expect(named({})).toEqual(["serviceConnect", "dns", "cloudMap", "fixed"]);
});

test("those that are asked for, own ones among them", () => {
  const own = new FakeSource("consul");
  expect(named({ sources: ["fixed", own, "dns"] })).toEqual(["fixed", "consul", "dns"]);
  expect(named({ sources: own as never })).toEqual(["consul"]);
});

test("one that cannot be opened, as when file descriptors are used up, is opened by a later lookup", async () => {
  const opened = [Promise.reject(new Error("EMFILE")), Promise.resolve(new FakeSource("dns"))];
  const source = onFirstLookup("dns", () => opened.shift()!);
  const { signal } = new AbortController();
  await expect(source.lookup(queryNamed("orders"), signal)).rejects.toThrow("EMFILE");
  void source.lookup(queryNamed("orders"), signal);
  await expect.poll(() => opened).toEqual([]);
});
