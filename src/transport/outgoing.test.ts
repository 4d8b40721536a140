import { expect, test } from "vitest";
import type { Attempt } from "./attempt.ts";
import { Outgoing } from "./outgoing.ts";

const attempt = { origin: "http://10.0.0.1:8080", serverName: "orders" } as Attempt;

test("headers of the work are added where the caller set none of their names, however each spells them", () => {
  const request = { path: "/", headers: ["x-request-id", "of the caller"] };
  const more = { "X-Request-Id": "of the work", "X-Trace": "of the work" };
  expect(new Outgoing(request, ["host", "orders"], more).for(attempt).headers).toEqual([
    "x-request-id",
    "of the caller",
    "host",
    "orders",
    "x-trace",
    "of the work",
  ]);
});
