import { expect, test } from "vitest";
import { FakeCaller } from "../../test/support/fake-attempt.ts";
import { settled } from "../../test/support/fake-clock.ts";
import { steeringWith } from "../../test/support/steering.ts";
import { steer } from "./steer.ts";

const wrong = new Error("a picker that throws");

test.each([
  ["what is known", {}],
  ["what had to be looked up", { peek: () => undefined }],
])("a picker that throws fails the request at once, for %s", async (_, changed) => {
  const balance = () => {
    throw wrong;
  };
  const { clock, steering } = steeringWith(changed, { balance });
  const caller = new FakeCaller("current");
  const request = { origin: "http://orders", path: "/", method: "GET" };
  steer({ steering, pass: () => false, carry: () => {} }).dispatch(request, caller.handler);
  await settled();
  expect(caller.errors).toEqual([wrong]);
  expect(clock.pending).toBe(0);
  await steering.inFlight.idle();
});
