import { describe, expect, test } from "vitest";
import type { AttemptEvent } from "../ground/events.ts";
import { attemptAttributes, outcomeAttributes, requestAttributes, spanName } from "./attributes.ts";

const attempt: AttemptEvent = {
  service: "orders",
  source: "dns",
  stale: false,
  endpoint: { address: "10.0.0.7", port: 8080 },
  method: "GET",
  path: "/",
  resent: 0,
  crossZone: false,
};

describe("a request", () => {
  test.each([
    ["http://orders", "orders", 80],
    ["https://orders", "orders", 443],
    ["https://orders.sd.local:8443", "orders.sd.local", 8443],
  ])("to %s is to %s, port %i", (origin, address, port) => {
    const attributes = requestAttributes({ service: "orders", origin, method: "GET", path: "/a" });
    expect(attributes).toEqual({
      "http.request.method": "GET",
      "server.address": address,
      "server.port": port,
      "url.full": `${origin}/a`,
    });
  });

  test.each([
    ["GET", "GET", "GET", undefined],
    ["patch", "PATCH", "PATCH", "patch"],
    ["PURGE", "HTTP", "_OTHER", "PURGE"],
  ])("by %s is named %s and counted as %s", (method, name, known, original) => {
    const start = { service: "orders", origin: "http://orders", method, path: "/" };
    expect(spanName(start)).toBe(name);
    expect(requestAttributes(start)).toMatchObject({ "http.request.method": known });
    expect(requestAttributes(start)["http.request.method_original"]).toBe(original);
  });
});

describe("an attempt", () => {
  test("tells where the service really is, and the way that was taken", () => {
    expect(attemptAttributes({ ...attempt, stale: true, crossZone: true, resent: 2 })).toEqual({
      "network.peer.address": "10.0.0.7",
      "network.peer.port": 8080,
      "http.request.resend_count": 2,
      "byname.service": "orders",
      "byname.source": "dns",
      "byname.stale": true,
      "byname.cross_zone": true,
    });
  });

  test("has no peer's address where that is a name", () => {
    const endpoint = { address: "orders.internal.example.com", port: 443 };
    expect(attemptAttributes({ ...attempt, endpoint })).not.toHaveProperty("network.peer.address");
  });

  test.each([
    [{ status: 200 }, {}],
    [{ status: 399 }, {}],
    [{ status: 400 }, { "error.type": "400" }],
    [{ status: 503 }, { "error.type": "503" }],
    [{ error: "ECONNREFUSED" }, { "error.type": "ECONNREFUSED" }],
    [{ error: "no connection within 250 ms" }, { "error.type": "_OTHER" }],
  ])("that came to %j is told by %j", (outcome, error) => {
    const status = "status" in outcome ? { "http.response.status_code": outcome.status } : {};
    expect(outcomeAttributes(outcome)).toEqual({ ...status, ...error });
  });
});
