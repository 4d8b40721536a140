import { channel } from "node:diagnostics_channel";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isConnecting, watchConnects } from "./connects.ts";

watchConnects();
beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

/** As undici tells of it. */
function tell(what: "beforeConnect" | "connected" | "connectError", hostname: string, port = "8080") {
  channel(`undici:client:${what}`).publish({ connectParams: { hostname, port, protocol: "http:" } });
}

test.each(["connected", "connectError"] as const)(
  "a connection is being made until undici says %s",
  (end) => {
    expect(isConnecting("http://10.0.0.1:8080")).toBe(false);
    tell("beforeConnect", "10.0.0.1");
    expect(isConnecting("http://10.0.0.1:8080")).toBe(true);
    expect(isConnecting("http://10.0.0.1:8081")).toBe(false);
    tell(end, "10.0.0.1");
    expect(isConnecting("http://10.0.0.1:8080")).toBe(false);
  },
);

test("one is being made as long as one of several is", () => {
  for (let i = 0; i < 3; i++) tell("beforeConnect", "10.0.0.2");
  for (let i = 0; i < 2; i++) tell("connected", "10.0.0.2");
  expect(isConnecting("http://10.0.0.2:8080")).toBe(true);
  tell("connectError", "10.0.0.2");
  expect(isConnecting("http://10.0.0.2:8080")).toBe(false);
});

test("one that undici tells no more of is forgotten, also where others come and go", () => {
  tell("beforeConnect", "10.0.0.3");
  for (let second = 0; second < 31; second++) {
    vi.advanceTimersByTime(1_000);
    tell("beforeConnect", "10.0.0.3");
    expect(isConnecting("http://10.0.0.3:8080")).toBe(true);
    tell("connected", "10.0.0.3");
  }
  expect(isConnecting("http://10.0.0.3:8080")).toBe(false);
  tell("beforeConnect", "10.0.0.3");
  expect(isConnecting("http://10.0.0.3:8080")).toBe(true);
  tell("connected", "10.0.0.3");
});

test.each([
  ["[fd00::2]", "http://[fd00:0:0:0:0:0:0:2]:8080"],
  ["fd00::2", "http://[FD00::2]:8080"],
])("an IPv6 address counts however it is written (%s, %s)", (hostname, origin) => {
  tell("beforeConnect", hostname);
  expect(isConnecting(origin)).toBe(true);
  tell("connected", hostname);
});

test("the scheme's own port is left out by undici", () => {
  tell("beforeConnect", "10.0.0.4", "");
  expect(isConnecting("http://10.0.0.4:80")).toBe(true);
  tell("connected", "10.0.0.4", "");
});
