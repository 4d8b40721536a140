import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { a, DnsServer, silent } from "../../test/support/dns-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { DnsLookup, lifetime } from "./dns-lookup.ts";

let server: DnsServer;
let clock: FakeClock;
const { signal } = new AbortController();

beforeEach(async () => {
  server = await DnsServer.open({ "A orders.test": [a("10.0.0.1")], "A quiet.test": silent });
  clock = new FakeClock();
});
afterEach(() => server.close());

const lookup = (until = signal) =>
  new DnsLookup("orders.sd.local", { clock, servers: [server.address] }, until);

describe("a lookup", () => {
  test("asks what it is asked, and tells why there is nothing", async () => {
    using one = lookup();
    expect(await one.ipv4("orders.test")).toEqual({
      records: [expect.objectContaining({ address: "10.0.0.1" })],
    });
    expect(await one.ipv6("orders.test")).toEqual({ asked: "AAAA orders.test", code: "ENODATA" });
    expect(await one.services("users.test")).toEqual({ asked: "SRV users.test", code: "ENOTFOUND" });
  });

  test("gives all of its questions two seconds together", async () => {
    using one = lookup();
    await clock.advance(1_500);
    const reply = one.ipv4("quiet.test");
    await server.heard(1);
    await clock.advance(500);
    expect(await reply).toEqual({ asked: "A quiet.test", code: "ETIMEOUT" });
    expect(await one.ipv4("orders.test")).toEqual({ asked: "A orders.test", code: "ETIMEOUT" });
    expect(server.asked).not.toContain("A orders.test");
  });

  test("that is over ends its open questions and leaves no timer", async () => {
    const one = lookup();
    const reply = one.ipv4("quiet.test");
    await server.heard(1);
    one[Symbol.dispose]();
    expect(await reply).toEqual({ asked: "A quiet.test", code: "ECANCELLED" });
    expect(clock.pending).toBe(0);
  });

  test("leaves no listener at a signal that outlives it", () => {
    const stop = new AbortController();
    const one = lookup(stop.signal);
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(1);
    one[Symbol.dispose]();
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
  });
});

test.each([
  [[30], 30_000],
  [[30, 5, 60], 5_000],
  [[0, 30], 1_000],
  [[86_400], 60_000],
])("records with the TTLs %j live for %i ms together", (ttls, ms) => {
  expect(lifetime(ttls.map((ttl) => ({ ttl })))).toBe(ms);
});
