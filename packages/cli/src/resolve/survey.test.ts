import type { ServiceState } from "byname";
import { describe, expect, it } from "vitest";
import type { SourceAnswer } from "../ask.ts";
import { survey } from "./survey.ts";

const dns: SourceAnswer = {
  source: "dns",
  answer: "endpoints",
  detail: "1 endpoint",
  ms: 3,
  endpoints: [{ address: "10.0.3.7", port: 8080 }],
};
const cloudMap: SourceAnswer = {
  source: "cloudMap",
  answer: "endpoints",
  detail: "2 endpoints",
  ms: 20,
  endpoints: [
    { address: "10.0.3.7", port: 8080, id: "a", zone: "eu-west-1a" },
    { address: "10.0.4.8", port: 8080, id: "b" },
  ],
};
const state: ServiceState = {
  service: "orders",
  source: "dns",
  stale: false,
  expiresAt: 20_000,
  endpoints: dns.endpoints,
};
const health = new Map([["b", "UNHEALTHY"]]);

describe("survey", () => {
  it("puts together what the sources know of an endpoint", () => {
    const { endpoints } = survey({ state, answers: [dns, cloudMap], health, seen: new Map(), now: 10_000 });
    expect(endpoints).toEqual([
      {
        address: "10.0.3.7",
        port: 8080,
        id: "a",
        zone: "eu-west-1a",
        sources: ["dns", "cloudMap"],
        inUse: true,
        age: 0,
      },
      {
        address: "10.0.4.8",
        port: 8080,
        id: "b",
        sources: ["cloudMap"],
        inUse: false,
        health: "UNHEALTHY",
        age: 0,
      },
    ]);
  });

  it("remembers since when an endpoint is there", () => {
    const seen = new Map<string, number>();
    survey({ state, answers: [dns], health, seen, now: 10_000 });
    const later = survey({ state, answers: [dns, cloudMap], health, seen, now: 14_000 });
    expect(later.endpoints.map(({ age }) => age)).toEqual([4_000, 0]);
  });

  it("keeps what the sources said where there is no endpoint", () => {
    const error = Object.assign(new Error("no instance"), { code: "BYNAME_NO_ENDPOINTS", hint: "look" });
    const empty: SourceAnswer = { ...dns, answer: "empty", detail: "nothing", endpoints: [] };
    const failed = { service: "orders", endpoints: [], error } as unknown as ServiceState;
    const told = survey({ state: failed, answers: [empty], health, seen: new Map(), now: 0 });
    expect(told.error).toEqual({ code: "BYNAME_NO_ENDPOINTS", message: "no instance", hint: "look" });
    expect(told.sources).toEqual([{ source: "dns", answer: "empty", detail: "nothing", ms: 3 }]);
  });
});
