import { expect, test } from "vitest";
import { checkNodeVersion } from "./node-version.ts";

test.each(["22.19.0", "22.20.1", "24.0.0", "26.9.0", undefined])("Node.js %s will do", (version) => {
  expect(() => checkNodeVersion(version)).not.toThrow();
});

test.each(["20.20.2", "22.18.9", "18.0.0"])(
  "Node.js %s is too old, which is said in so many words",
  (version) => {
    expect(() => checkNodeVersion(version)).toThrow(
      `byname needs Node.js 22.19 or later, and this is ${version}`,
    );
  },
);
