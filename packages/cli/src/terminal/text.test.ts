import { describe, expect, it } from "vitest";
import { count, cut, duration, indented, shown, wrap } from "./text.ts";

describe("text", () => {
  it("lets no control character through", () => {
    expect(shown("a\x1b[2Jb\nc\u202e")).toBe("a\ufffd[2Jb\ufffdc\ufffd");
    expect(shown("orders é ▸")).toBe("orders é ▸");
  });

  it("breaks lines between words", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("", 7)).toEqual([""]);
  });

  it("breaks a word that is longer than a line", () => {
    expect(wrap("a 123456789 b", 4)).toEqual(["a", "1234", "5678", "9 b"]);
  });

  it("indents every line", () => {
    expect(indented("one two three four five", "  ", 24)).toBe("  one two three four\n  five");
  });

  it("shows that something was cut", () => {
    expect([cut("orders", 6), cut("orders", 4)]).toEqual(["orders", "ord…"]);
  });

  it.each([
    [0.34, "0.3 ms"],
    [412, "412 ms"],
    [1_234, "1.2 s"],
    [59_400, "59 s"],
    [900_000, "15 min"],
    [10_800_000, "3 h"],
    [432_000_000, "5 d"],
  ])("tells %i ms as %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it("counts", () => {
    expect([count(1, "endpoint"), count(0, "endpoint")]).toEqual(["1 endpoint", "0 endpoints"]);
  });
});
