import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startDns } from "../../packages/local/src/dns/dns.ts";
import { Registry } from "../../packages/local/src/registry/registry.ts";
import {
  a,
  aaaa,
  answerTo,
  at,
  cname,
  DnsServer,
  type RawReply,
  type Reply,
  silent,
  srv,
} from "../../test/support/dns-server.ts";
import { FakeClock, settled } from "../../test/support/fake-clock.ts";
import { ask, told } from "../../test/support/sources.ts";
import { ConfigError } from "../ground/errors.ts";
import { queryOf } from "../ground/service.ts";
import { settleService } from "../ground/settings.ts";
import type { Answer, Source } from "../ground/source.ts";
import { dnsSource, hostResolver } from "./dns.ts";

let server: DnsServer;
let clock: FakeClock;
let dns: Source;

beforeEach(async () => {
  server = await DnsServer.open();
  clock = new FakeClock();
  dns = dnsSource({ clock, servers: [server.address] });
});
afterEach(() => server.close());

const withPort = { port: 80 };

function tasks(from: number, to: number, ttl = 10) {
  return Array.from({ length: to - from + 1 }, (_, index) => a(`10.0.0.${from + index}`, ttl));
}

describe("what is asked", () => {
  test("SRV where no port is configured", async () => {
    server.zone = {
      "SRV orders.sd.local": [srv("t1.orders.sd.local", 8080)],
      "A t1.orders.sd.local": [a("10.0.0.1")],
    };
    expect(told(await ask(dns))).toEqual(["10.0.0.1:8080"]);
    expect(server.asked.sort()).toEqual([
      "A t1.orders.sd.local",
      "AAAA t1.orders.sd.local",
      "SRV orders.sd.local",
    ]);
  });

  test.each([
    ["the service's port", { port: 80 }],
    ["a container port", { containerPort: 8080 }],
    ["the URL's port", { urlPort: 8080 }],
  ])("addresses alone with %s", async (_what, options) => {
    server.zone = { "A orders.sd.local": [a("10.0.0.1")] };
    expect(told(await ask(dns, options))).toEqual(["10.0.0.1"]);
    expect(server.asked.sort()).toEqual(["A orders.sd.local", "AAAA orders.sd.local"]);
  });

  test("SRV after all, where a port is configured and the name has no address", async () => {
    server.zone = {
      "SRV orders.sd.local": [srv("t1.orders.sd.local", 8080)],
      "A t1.orders.sd.local": [a("10.0.0.1")],
    };
    expect(told(await ask(dns, withPort))).toEqual(["10.0.0.1:8080"]);
  });

  test("addresses after all, where no port is configured and the name has no SRV record", async () => {
    server.zone = { "A orders.sd.local": [a("10.0.0.1")] };
    expect(told(await ask(dns))).toEqual(["10.0.0.1"]);
  });

  test("the discovery name in the service's own namespace", async () => {
    server.zone = { "A orders-http.sc.local": [a("10.0.0.1")] };
    const found = await ask(dns, { ...withPort, discoveryName: "orders-http", namespace: "sc.local" });
    expect(told(found)).toEqual(["10.0.0.1"]);
  });

  test("nothing without a namespace", async () => {
    const service = settleService("orders", {}, { env: {} });
    const answer = await dns.lookup(queryOf(service), new AbortController().signal);
    expect(answer).toEqual({ kind: "notMine", detail: 'no namespace for "orders"' });
    expect(server.asked).toEqual([]);
  });

  test("nothing for a name that DNS cannot hold", async () => {
    const namespace = `${"a".repeat(60)}.`.repeat(4).slice(0, -1);
    const answer = await ask(dns, { ...withPort, discoveryName: "b".repeat(60), namespace });
    expect(answer).toMatchObject({ kind: "notMine", detail: expect.stringContaining("EBADNAME") });
    expect(server.asked).toEqual([]);
  });
});

describe("addresses", () => {
  test("IPv4 alone where the name has both kinds", async () => {
    server.zone = { "A orders.sd.local": [a("10.0.0.1")], "AAAA orders.sd.local": [aaaa("fd00::1")] };
    expect(told(await ask(dns, withPort))).toEqual(["10.0.0.1"]);
  });

  test("IPv6 where there is nothing else", async () => {
    server.zone = { "AAAA orders.sd.local": [aaaa("fd00::1"), aaaa("fd00::2")] };
    expect(told(await ask(dns, withPort)).sort()).toEqual(["fd00::1", "fd00::2"]);
  });

  test("IPv4 at once while the question for IPv6 stays without an answer", async () => {
    server.zone = { "A orders.sd.local": [a("10.0.0.1")], "AAAA orders.sd.local": silent };
    expect(told(await ask(dns, withPort))).toEqual(["10.0.0.1"]);
    expect(clock.pending).toBe(0);
  });

  test("each once", async () => {
    server.zone = { "A orders.sd.local": [a("10.0.0.1"), a("10.0.0.1"), a("10.0.0.2")] };
    expect(told(await ask(dns, withPort)).sort()).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  test("a hundred and twenty of them, by TCP since they fit no datagram", async () => {
    server.zone = { "A orders.sd.local": tasks(1, 120) };
    expect(told(await ask(dns, withPort))).toHaveLength(120);
    expect(server.asked).toContain("A orders.sd.local tcp");
  });

  test("behind a CNAME", async () => {
    server.zone = { "A orders.sd.local": [cname("lb.test", 30), at("lb.test", a("10.0.0.1", 20))] };
    expect(await ask(dns, withPort)).toMatchObject({ endpoints: [{ address: "10.0.0.1" }], ttl: 20_000 });
  });
});

describe("lifetime", () => {
  test.each([
    ["the records' TTL", [a("10.0.0.1", 15)], 15_000],
    ["the least of several", [a("10.0.0.1", 40), a("10.0.0.2", 15)], 15_000],
    ["the least of a chain of CNAMEs", [cname("x.test", 5), at("x.test", a("10.0.0.1", 40))], 5_000],
    ["a second at least", [a("10.0.0.1", 0)], 1_000],
    ["a minute at most", [a("10.0.0.1", 86_400)], 60_000],
    ["a minute at most, with the longest there is", [a("10.0.0.1", 2 ** 31 - 1)], 60_000],
  ])("%s", async (_what, records, ttl) => {
    server.zone = { "A orders.sd.local": records };
    expect(await ask(dns, withPort)).toMatchObject({ kind: "endpoints", ttl });
  });
});

describe("more tasks than one answer has room for", () => {
  async function askAgain(records: Reply) {
    server.zone = { "A orders.sd.local": records };
    return told(await ask(dns, withPort)).length;
  }

  test("answers are put together while they live", async () => {
    expect(await askAgain(tasks(1, 8))).toBe(8);
    await clock.advance(10_000);
    expect(await askAgain(tasks(5, 12))).toBe(12);
    await clock.advance(10_000);
    expect(await askAgain(tasks(13, 20))).toBe(20);
    await clock.advance(10_001);
    expect(await askAgain(tasks(13, 20))).toBe(8);
  });

  test("a shorter answer is all there is", async () => {
    await askAgain(tasks(1, 8));
    expect(await askAgain(tasks(9, 15))).toBe(7);
    expect(await askAgain(tasks(16, 23))).toBe(8);
  });
});

test("a limit of the caller's counts as silence", async () => {
  server.zone = { "A db.test": silent };
  const late = new AbortController();
  const asked = hostResolver({ clock, servers: [server.address] })("db.test", late.signal);
  await server.heard(1);
  late.abort(new DOMException("too late", "TimeoutError"));
  await expect(asked).rejects.toThrow("A db.test: no answer in time");
});

describe("failures", () => {
  const garbage: RawReply = () => Buffer.from("this is not an answer");
  const half: RawReply = (request) => {
    const bytes = answerTo(request, tasks(1, 4));
    return bytes.subarray(0, bytes.length / 2);
  };

  const failures: [what: string, reply: Reply, kind: Answer["kind"], said: string][] = [
    ["NXDOMAIN", "NXDOMAIN", "notFound", "NXDOMAIN"],
    ["REFUSED", "REFUSED", "unavailable", "REFUSED"],
    ["SERVFAIL", "SERVFAIL", "unavailable", "SERVFAIL"],
    ["FORMERR", "FORMERR", "unavailable", "FORMERR"],
    ["NOTIMP", "NOTIMP", "unavailable", "NOTIMP"],
    ["garbage", garbage, "unavailable", "an answer that cannot be read (EBADRESP)"],
    ["half a packet", half, "unavailable", "an answer that cannot be read (EBADRESP)"],
  ];
  test.each(failures)("%s", async (_what, reply, kind, said) => {
    server.zone = { "A orders.sd.local": reply };
    expect(await ask(dns, withPort)).toMatchObject({ kind, detail: `A orders.sd.local: ${said}` });
    expect(clock.pending).toBe(0);
  });

  test.each(["SERVFAIL", "REFUSED"] as const)("%s is the trouble of one name", async (reply) => {
    server.zone = { "A orders.sd.local": reply };
    expect(await ask(dns, withPort)).toMatchObject({ scope: "service" });
  });

  test("a name without any record of use is empty", async () => {
    server.zone = { "TXT orders.sd.local": [] };
    expect(await ask(dns)).toEqual({
      kind: "empty",
      detail: "SRV orders.sd.local, A and AAAA orders.sd.local: no records",
    });
    expect(await ask(dns, withPort)).toEqual({
      kind: "empty",
      detail: "A and AAAA orders.sd.local, SRV orders.sd.local: no records",
    });
  });

  test("a CNAME that leads nowhere is empty", async () => {
    server.zone = { "A orders.sd.local": [cname("gone.test")] };
    expect(await ask(dns, withPort)).toMatchObject({ kind: "empty" });
  });

  test("a server that says NXDOMAIN for AAAA alone has only hidden that there is no address", async () => {
    server.zone = { "A orders.sd.local": [], "AAAA orders.sd.local": "NXDOMAIN" };
    expect(await ask(dns, withPort)).toMatchObject({ kind: "empty" });
  });

  test("a server that says NXDOMAIN for SRV alone too", async () => {
    server.zone = { "A orders.sd.local": [], "SRV orders.sd.local": "NXDOMAIN" };
    expect(await ask(dns, withPort)).toMatchObject({ kind: "empty" });
  });

  test("a port where nobody listens", async () => {
    const servers = [await closedPort()];
    expect(await ask(dnsSource({ clock, servers }), withPort)).toEqual({
      kind: "unavailable",
      scope: "source",
      detail: "A orders.sd.local: no DNS server listens there (ECONNREFUSED)",
    });
  });

  test("a second server is asked where nobody listens at the first", async () => {
    server.zone = { "A orders.sd.local": [a("10.0.0.1")] };
    const both = dnsSource({ clock, servers: [await closedPort(), server.address] });
    expect(told(await ask(both, withPort))).toEqual(["10.0.0.1"]);
  });
});

describe("waiting", () => {
  test.each([
    ["a silent server", silent],
    ["answers to another question's id", withWrongId],
  ])("ends after two seconds with %s", async (_what, reply) => {
    server.zone = { "A orders.sd.local": reply };
    const done = vi.fn();
    const answer = ask(dns, withPort).finally(done);
    await server.heard(1);
    await clock.advance(2_000);
    await settled();
    // By the fake clock alone, before c-ares gives up by a clock of its own.
    expect(done).toHaveBeenCalled();
    // The trouble of one name: other zones may have servers that answer.
    expect(await answer).toEqual({
      kind: "unavailable",
      scope: "service",
      detail: "A orders.sd.local: no answer in time",
    });
  });

  test("has one limit for all the questions of a lookup", async () => {
    server.zone = { "SRV orders.sd.local": [srv("t1.orders.sd.local", 80)], "A t1.orders.sd.local": silent };
    const answer = ask(dns);
    await server.heard(3);
    await clock.advance(2_000);
    expect(await answer).toMatchObject({ detail: "A t1.orders.sd.local: no answer in time" });
    expect(clock.pending).toBe(0);
  });

  test("ends when nobody wants the answer any more", async () => {
    server.zone = { "A orders.sd.local": silent };
    const stop = new AbortController();
    const answer = ask(dns, withPort, stop.signal);
    await server.heard(1);
    stop.abort();
    expect(await answer).toMatchObject({ kind: "unavailable", scope: "service" });
    expect(clock.pending).toBe(0);
  });

  test("does not begin when nobody wanted the answer in the first place", async () => {
    expect(await ask(dns, withPort, AbortSignal.abort())).toMatchObject({ kind: "unavailable" });
    await settled();
    expect(server.asked).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("of one lookup ends without that of another", async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const later: RawReply = (request) => held.then(() => answerTo(request, [a("10.0.0.1")]));
    server.zone = { "A orders.sd.local": silent, "A users.sd.local": later };
    const stop = new AbortController();
    const orders = ask(dns, withPort, stop.signal);
    const users = ask(dns, { ...withPort, key: "users" });
    await server.heard(4);
    stop.abort();
    await orders;
    release();
    expect(told(await users)).toEqual(["10.0.0.1"]);
  });
});

describe("a process", () => {
  const script = `
    import { dnsSource } from ${JSON.stringify(new URL("./dns.ts", import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL("../ground/clock.ts", import.meta.url).href)};
    const service = { key: "orders", discoveryName: "orders", namespace: "sd.local", port: 80 };
    const dns = dnsSource({ clock: systemClock, servers: [process.argv[1]] });
    const answer = await dns.lookup({ service, scheme: "http", origin: "" }, new AbortController().signal);
    console.log(answer.kind);
  `;

  test.each([
    ["ends after its last lookup", [a("10.0.0.1")], "endpoints\n"],
    ["is held by a lookup without an answer no longer than that lasts", silent, "unavailable\n"],
  ])("%s", async (_what, reply, said) => {
    server.zone = { "A orders.sd.local": reply };
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script, server.address]);
    const [[code], output] = await Promise.all([once(child, "exit"), text(child.stdout)]);
    expect([code, output]).toEqual([0, said]);
  });
});

describe("name servers", () => {
  test.each([[["not an address"]], [["127.0.0.1:99999"]], [["dns.example.com"]]])(
    "%j are refused",
    (servers) => {
      expect(() => dnsSource({ clock, servers })).toThrow(ConfigError);
    },
  );
});

describe("a host name of another source", () => {
  test("comes back as addresses with their lifetime", async () => {
    server.zone = { "A lb.test": [a("10.0.0.1", 30), a("10.0.0.2", 20)] };
    const { addresses, ttl } = await hostResolver({ clock, servers: [server.address] })(
      "lb.test",
      new AbortController().signal,
    );
    expect(addresses.toSorted()).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(ttl).toBe(20_000);
    expect(clock.pending).toBe(0);
  });

  test("rejects with what DNS said", async () => {
    const resolve = hostResolver({ clock, servers: [server.address] });
    const { signal } = new AbortController();
    await expect(resolve("lb.test", signal)).rejects.toThrow("A lb.test: NXDOMAIN");
  });
});

async function closedPort(): Promise<string> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  await new Promise<void>((done) => void socket.close(() => done()));
  return `127.0.0.1:${port}`;
}

test("the emulator's zone is understood: SRV with targets, and no name without instances", async () => {
  const registry = new Registry({
    region: "eu-west-1",
    account: "111122223333",
    propagationDelay: 0,
    healthDelay: 0,
  });
  const { namespace } = registry.createNamespace({ name: "sd.local", type: "DNS_PRIVATE" });
  const { id } = registry.createService({
    name: "orders",
    namespaceId: namespace.id,
    healthCheck: false,
    dns: { routing: "MULTIVALUE", records: [{ type: "SRV", ttl: 10 }] },
  });
  registry.register(id, "t1", { AWS_INSTANCE_IPV4: "10.0.0.1", AWS_INSTANCE_PORT: "8080" });
  const zone = await startDns(registry);
  try {
    const source = dnsSource({ clock, servers: [zone.address] });
    const found = { endpoints: [{ address: "10.0.0.1", port: 8080, id: "t1" }], ttl: 10_000 };
    expect(await ask(source)).toMatchObject(found);
    expect(await ask(source, withPort)).toMatchObject(found);
    registry.deregister(id, "t1");
    expect(await ask(source)).toMatchObject({ kind: "notFound" });
  } finally {
    await zone.stop();
  }
});

function withWrongId(request: Buffer): Buffer {
  const bytes = answerTo(request, [a("10.0.0.66")]);
  bytes.writeUInt16BE(bytes.readUInt16BE() ^ 1);
  return bytes;
}
