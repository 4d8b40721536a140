import { expect, test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { FakeSource } from "../../test/support/fake-source.ts";
import type { BynameOptions } from "../ground/options.ts";
import { settle } from "../ground/settings.ts";
import { sourcesFor } from "./sources.ts";

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
