import fc from "fast-check";
import { expect, test } from "vitest";
import { retryAfter } from "./retry-after.ts";

const now = Date.UTC(2026, 10, 24, 12, 0, 0);

test.each([
  ["0", 0],
  ["7", 7_000],
  [" 7 ", 7_000],
  ["Tue, 24 Nov 2026 12:00:30 GMT", 30_000],
  ["Tue, 24 Nov 2026 11:00:00 GMT", 0],
])("%j is %d ms", (text, ms) => {
  expect(retryAfter(text, now)).toBe(ms);
});

test.each(["86400", "9".repeat(400), "Fri, 31 Dec 9999 23:59:59 GMT"])(
  "%j is cut to five minutes",
  (text) => {
    expect(retryAfter(text, now)).toBe(300_000);
  },
);

test.each([
  "",
  "soon",
  "-5",
  "1.5",
  "1e3",
  "0x10",
  "5, 6",
  "2026-11-24",
  "Tue, 99 Foo 2026 12:00:30 GMT",
  "Tue, 24 Nov 2026 12:00:30 +0100",
])("%j says nothing", (text) => {
  expect(retryAfter(text, now)).toBeUndefined();
});

test("whatever a server sends, the wait is within bounds", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ms = retryAfter(text, now) ?? 0;
      expect(ms >= 0 && ms <= 300_000).toBe(true);
    }),
  );
});
