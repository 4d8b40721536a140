import { expect, test } from "vitest";
import { type Failure, waysAfter } from "./next.ts";

const sent: Failure = {
  wasSent: true,
  isProxied: false,
  isFirst: true,
  hasOther: true,
  mayRepeat: true,
  canResend: true,
};
const unsent: Failure = { ...sent, wasSent: false };

test.each<[string, Failure, readonly string[]]>([
  ["nothing was sent", unsent, ["another", "wait", "beyond", "afresh"]],
  [
    "nothing was sent, by whatever method",
    { ...unsent, mayRepeat: false },
    ["another", "wait", "beyond", "afresh"],
  ],
  [
    "nothing was sent, and there is no other endpoint",
    { ...unsent, hasOther: false },
    ["wait", "beyond", "afresh"],
  ],
  ["it was sent the first time", sent, ["wait", "atOnce"]],
  ["it was sent and is not the first", { ...sent, isFirst: false }, ["wait", "again"]],
  ["it was sent and may not be repeated", { ...sent, mayRepeat: false }, ["wait"]],
  ["it was sent to the proxy the first time", { ...sent, isProxied: true }, ["wait", "atOnce"]],
  ["it was sent to the proxy and is not the first", { ...sent, isProxied: true, isFirst: false }, ["wait"]],
  [
    "it was sent to the proxy and may not be repeated",
    { ...sent, isProxied: true, mayRepeat: false },
    ["wait"],
  ],
  ["its body is gone", { ...unsent, canResend: false, mayRepeat: false }, ["wait"]],
])("after a failure where %s", (_, failure, ways) => {
  expect(waysAfter(failure)).toEqual(ways);
});
