import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mayBeProxyReply, readProxyReply } from "./proxy-reply.ts";

const before = "upstream connect error or disconnect/reset before headers. ";
const known = [
  ["no healthy upstream", "unsent"],
  [`${before}reset reason: connection failure`, "unsent"],
  [`${before}reset reason: connection timeout`, "unsent"],
  [
    `${before}reset reason: remote connection failure, transport failure reason: delayed connect error`,
    "unsent",
  ],
  [`${before}retried and the latest reset reason: connection failure`, "retried"],
  [`${before}reset reason: connection termination`, "other"],
  [`${before}retried and the latest reset reason: connection termination`, "other"],
  [`${before}reset reason: overflow`, "other"],
  ["upstream request timeout", "other"],
  ["{}", "other"],
  ["", "other"],
] as const;

describe("the text of a reply", () => {
  test.each(known)("%s", (text, says) => {
    expect(readProxyReply(text, true)).toBe(says);
  });

  test("is never taken for another one, however little of it has come", () => {
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), ([text, says], at) => {
        const part = text.slice(0, at % (text.length + 1));
        expect(["unclear", says]).toContain(readProxyReply(part, false));
      }),
    );
  });

  test("that is no more than a beginning says nothing at its end", () => {
    expect(readProxyReply("no healthy", true)).toBe("other");
    expect(readProxyReply(before, true)).toBe("other");
  });

  test("stays unclear for no longer than the longest that is known", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 140 }), (text) => {
        expect(readProxyReply(text, false)).not.toBe("unclear");
      }),
    );
  });
});

test.each([
  [503, { server: "envoy" }, true],
  [503, [Buffer.from("Server"), Buffer.from("envoy")], true],
  [503, { server: "envoy", "x-envoy-upstream-service-time": "0" }, false],
  [503, { server: "nginx" }, false],
  [503, {}, false],
  [504, { server: "envoy" }, false],
  [200, { server: "envoy" }, false],
])("an answer with status %d and %j may be the proxy's own: %s", (status, headers, may) => {
  expect(mayBeProxyReply(status, headers)).toBe(may);
});
