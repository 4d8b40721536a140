import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasHeader, responseHeader, withHeader, withOneLength } from "./headers.ts";

const name = fc.stringMatching(/^[a-zA-Z][a-zA-Z-]{0,8}$/);
const pairs = fc.uniqueArray(fc.tuple(name, fc.string()), {
  selector: ([name]) => name.toLowerCase(),
  maxLength: 6,
});
/** The shapes that callers give headers in. */
const shapes = {
  object: (pairs: [string, string][]) => Object.fromEntries(pairs),
  "flat list": (pairs: [string, string][]) => pairs.flat(),
  pairs: (pairs: [string, string][]) => pairs,
  iterable: (pairs: [string, string][]) => new Map(pairs),
};

describe.each(Object.entries(shapes))("a request's headers given as %s", (_, shape) => {
  test("keep every name and value, in their order, with one more behind them", () => {
    fc.assert(
      fc.property(pairs, (pairs) => {
        fc.pre(!pairs.some(([name]) => name.toLowerCase() === "host"));
        const list = withHeader(shape(pairs), "host", "orders");
        expect(list).toEqual([...pairs.flat(), "host", "orders"]);
      }),
    );
  });

  test("stay as they are where the header is there, in whatever case", () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom("host", "Host", "HOST"), fc.nat(), (pairs, host, at) => {
        const others = pairs.filter(([name]) => name.toLowerCase() !== "host");
        others.splice(at % (others.length + 1), 0, [host, "mine"]);
        expect(withHeader(shape(others), "host", "orders")).toEqual(others.flat());
      }),
    );
  });

  test("are left unchanged themselves", () => {
    const given = shape([["a", "b"]]);
    const copy = structuredClone(given);
    withHeader(given, "host", "orders");
    expect(given).toEqual(copy);
  });
});

test.each(Object.entries(shapes))("a header without a value is none, as undici has it (%s)", (_, shape) => {
  const headers = shape([
    ["Host", undefined as never],
    ["a", "1"],
    ["b", undefined as never],
  ]);
  expect(withHeader(headers, "host", "orders")).toEqual(["a", "1", "host", "orders"]);
});

test("a list of values and buffers stay what they are", () => {
  const headers = { b: ["1", "2"], c: 3 };
  expect(withHeader(headers, "host", "x")).toEqual(["b", ["1", "2"], "c", 3, "host", "x"]);
  const raw = [Buffer.from("Host"), Buffer.from("mine")];
  expect(withHeader(raw, "host", "x")).toEqual(raw);
});

test.each([undefined, null])("no headers (%s) are an empty list", (headers) => {
  expect(withHeader(headers, "host", "orders")).toEqual(["host", "orders"]);
});

test.each(["accept: x", 1, true])("%j is refused", (headers) => {
  expect(() => withHeader(headers, "host", "orders")).toThrow(TypeError);
});

test("a header's value is not taken for its name", () => {
  expect(hasHeader(["x-a", "host", "host", "x"], "x")).toBe(false);
  expect(hasHeader(["x-a", "idempotency-key"], "idempotency-key")).toBe(false);
  expect(hasHeader(["Idempotency-Key", "1"], "idempotency-key")).toBe(true);
});

test.each([
  [
    ["a", "1", "Content-Length", "5, 5"],
    ["a", "1", "Content-Length", "5"],
  ],
  [
    ["content-length", "5,5,5"],
    ["content-length", "5"],
  ],
  [
    ["content-length", "5"],
    ["content-length", "5"],
  ],
  [
    ["content-length", "5, 6"],
    ["content-length", "5, 6"],
  ],
  [
    ["x-length", "5, 5"],
    ["x-length", "5, 5"],
  ],
])("of the lengths of %j one is enough where they are the same", (headers, expected) => {
  expect(withOneLength(headers)).toEqual(expected);
});

describe("a response's header", () => {
  test("is found in the flat list of buffers and in the object of texts alike", () => {
    fc.assert(
      fc.property(pairs, fc.nat(), (pairs, at) => {
        fc.pre(pairs.length > 0);
        const [name, value] = pairs[at % pairs.length]!;
        const raw = pairs.flat().map((text) => Buffer.from(text));
        const parsed = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
        expect(responseHeader(raw, name.toLowerCase())).toBe(value);
        expect(responseHeader(parsed, name.toLowerCase())).toBe(value);
      }),
    );
  });

  test.each([[undefined], [null], [{}], [[]], [[Buffer.from("retry-after")]]])(
    "is undefined in %j",
    (headers) => {
      expect(responseHeader(headers, "retry-after")).toBeUndefined();
    },
  );
});
