import fc from "fast-check";
import { expect, test } from "vitest";
import { pathOf } from "./request.ts";
import { originOf } from "./routes.ts";

const ends = fc.constantFrom("", "/", "?", "#", "\\");
const pieces = fc.constantFrom(
  ...["/", "//", ".", "..", "%2e", "%2E", "%2f", "?", "#", "&", "=", "a", "Ü", " ", "\t", "\n", "'", '"'],
  ...[
    "<",
    "|",
    "^",
    "{",
    "`",
    "\\",
    ":",
    "@",
    ";",
    "%",
    "%zz",
    "%41",
    "~",
    "*",
    "\u0000",
    "\ud800",
    "😀",
    "[",
    "://",
  ],
);
const rest = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(pieces, { maxLength: 12 }).map((all) => all.join("")),
);
const start = fc.constantFrom(
  "http://orders",
  "HTTP://Orders:8080",
  "https://user:pw@orders",
  "http:/orders",
  "http:orders",
);

test("the path of a request is what a URL parser makes of it", () => {
  fc.assert(
    fc.property(start, ends, rest, (origin, end, rest) => {
      const text = origin + end + rest;
      fc.pre(URL.canParse(text));
      const { pathname, search } = new URL(text);
      expect(pathOf(text, originOf(text))).toBe(pathname + search);
    }),
    { numRuns: 5_000 },
  );
});

test("the origin of a request is the one that a URL parser finds", () => {
  fc.assert(
    fc.property(start, ends, rest, (origin, end, rest) => {
      const text = origin + end + rest;
      fc.pre(URL.canParse(text));
      expect(new URL(originOf(text)).origin).toBe(new URL(text).origin);
    }),
    { numRuns: 5_000 },
  );
});
