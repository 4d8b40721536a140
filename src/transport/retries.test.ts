import { describe, expect, test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { Budget } from "../balance/budget.ts";
import { SteadyTime } from "../balance/steady-time.ts";
import { ClosedError } from "../ground/errors.ts";
import { isIdempotent, isOfEndpoint, isTrouble, Retries } from "./retries.ts";

function retriesWith(policy: { timeout?: number; retries?: number } = {}, random = () => 1) {
  const clock = new FakeClock();
  const budget = new Budget();
  const full = { timeout: 0, attemptTimeout: 0, hedgeAfter: 0, retries: 2, ...policy };
  const traffic = { budget, time: new SteadyTime(clock) };
  const startedAt = clock.monotonic();
  const deadline = () => (full.timeout > 0 ? startedAt + full.timeout : Number.POSITIVE_INFINITY);
  return { clock, budget, retries: new Retries(full, traffic, { clock, random }, deadline) };
}

describe("a retry", () => {
  test("is given as often as the policy says", () => {
    const { retries } = retriesWith({ retries: 3 });
    expect([1, 2, 3, 4].map(() => retries.take({ atOnce: true }))).toEqual([0, 0, 0, undefined]);
  });

  test("waits up to twice as long as the one before, unless waiting does not help", () => {
    const { retries } = retriesWith({ retries: 4 });
    expect([retries.take(), retries.take({ atOnce: true }), retries.take(), retries.take()]).toEqual([
      25, 0, 100, 200,
    ]);
  });

  test("waits at least as long as the service asked for", () => {
    const { retries } = retriesWith({ retries: 2 }, () => 0);
    expect([retries.take({ atLeast: 700 }), retries.take({ atLeast: 0 })]).toEqual([700, 0]);
  });

  test("is none that would come after the deadline, and none is used up by that", async () => {
    const { retries, clock } = retriesWith({ timeout: 1_000, retries: 1 });
    await clock.advance(500);
    expect(retries.take({ atLeast: 500 })).toBeUndefined();
    expect(retries.take({ atLeast: 499 })).toBe(499);
  });

  test("takes from the budget, to which every request adds", () => {
    const { retries, clock, budget } = retriesWith({ retries: 1_000 });
    let taken = 0;
    while (retries.take({ atOnce: true }) !== undefined) taken += 1;
    expect(taken).toBe(100);
    for (let i = 0; i < 5; i++) budget.request(clock.monotonic());
    expect(retries.take({ atOnce: true })).toBe(0);
  });

  test("is counted anew for another source", () => {
    const { retries } = retriesWith({ retries: 1 });
    const take = () => retries.take({ atOnce: true });
    expect([take(), take()]).toEqual([0, undefined]);
    retries.renew();
    expect([take(), take()]).toEqual([0, undefined]);
  });
});

test.each(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY", "get", undefined])(
  "%s is idempotent",
  (method) => {
    expect(isIdempotent({ path: "/", ...(method === undefined ? {} : { method }) }, [])).toBe(true);
  },
);

test.each(["POST", "PATCH", "CONNECT", "LOCK"])("%s is idempotent by its caller's word alone", (method) => {
  expect(isIdempotent({ path: "/", method }, ["content-type", "idempotency-key"])).toBe(false);
  expect(isIdempotent({ path: "/", method }, ["Idempotency-Key", "1"])).toBe(true);
});

test("502, 503 and 504 are trouble of the endpoint, and nothing else is", () => {
  const all = Array.from({ length: 500 }, (_, at) => 100 + at);
  expect(all.filter(isTrouble)).toEqual([502, 503, 504]);
});

describe("an error", () => {
  test.each([
    Object.assign(new Error(), { code: "ECONNREFUSED" }),
    Object.assign(new Error(), { code: "UND_ERR_SOCKET" }),
    Object.assign(new Error(), { code: "UND_ERR_CONNECT_TIMEOUT" }),
    Object.assign(new Error(), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }),
    new Error(),
    undefined,
    "text",
  ])("tells of the endpoint: %o", (error) => {
    expect(isOfEndpoint(error)).toBe(true);
  });

  test.each([
    new DOMException("", "AbortError"),
    Object.assign(new Error(), { code: "UND_ERR_ABORTED" }),
    Object.assign(new Error(), { code: "UND_ERR_INVALID_ARG" }),
    Object.assign(new Error(), { code: "UND_ERR_NOT_SUPPORTED" }),
    Object.assign(new Error(), { code: "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH" }),
    new ClosedError(),
  ])("tells of the caller: %o", (error) => {
    expect(isOfEndpoint(error)).toBe(false);
  });
});
