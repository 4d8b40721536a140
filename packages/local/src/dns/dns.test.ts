import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { Packet, UDPClient } from "dns2";
import { afterEach, describe, expect, it } from "vitest";
import { type Local, startLocal } from "../local.ts";
import type { LocalDns, LocalServiceOptions, NewInstance } from "../options.ts";

/** The DNS side, asked by Node's own resolver (c-ares). */
/** For what a busy machine takes its time for. */
const patience = { timeout: 10_000 };
let local: Local;
let resolver: Resolver;

async function start(services: Record<string, LocalServiceOptions>): Promise<void> {
  local = await startLocal({ services });
  resolver = new Resolver({ timeout: 5_000, tries: 2 });
  resolver.setServers([local.dns.address]);
}

/** A service called `orders` with these instances. */
function orders(dns: LocalDns, instances: NewInstance[], more: LocalServiceOptions = {}) {
  return start({ orders: { dns, instances, ...more } });
}

afterEach(async () => {
  resolver.cancel();
  await local.close();
});

const name = "orders.sd.local";
const task = (number: number): NewInstance => ({
  id: `task-${number}`,
  address: `10.0.0.${number}`,
  port: 3000 + number,
});
const tasks = (count: number) => Array.from({ length: count }, (_, at) => task(at + 1));
const notThere = { code: "ENOTFOUND" };
const noData = { code: "ENODATA" };

describe("A and AAAA", () => {
  it("gives the address of every instance, with the record's TTL", async () => {
    await orders({ records: ["A"], ttl: 7 }, tasks(2));
    const found = await resolver.resolve4(name, { ttl: true });
    expect(found.toSorted((a, b) => a.address.localeCompare(b.address))).toEqual([
      { address: "10.0.0.1", ttl: 7 },
      { address: "10.0.0.2", ttl: 7 },
    ]);
  });

  it("gives IPv6 addresses in whatever form they were registered", async () => {
    await orders({ records: ["AAAA"], ttl: 60 }, [
      { id: "short", address: "2001:db8::1" },
      { id: "loopback", address: "::1" },
      { id: "mapped", address: "::ffff:10.0.0.1" },
    ]);
    expect((await resolver.resolve6(name)).sort()).toEqual(["2001:db8::1", "::1", "::ffff:10.0.0.1"]);
    await expect(resolver.resolve4(name)).rejects.toMatchObject(noData);
  });

  it("gives both families where a service has both", async () => {
    const attributes = { AWS_INSTANCE_IPV6: "2001:db8::1" };
    await orders({ records: ["A", "AAAA"] }, [{ address: "10.0.0.1", attributes }]);
    expect(await resolver.resolve4(name)).toEqual(["10.0.0.1"]);
    expect(await resolver.resolve6(name)).toEqual(["2001:db8::1"]);
  });

  it("does not mind the case of a name", async () => {
    await orders({ records: ["A"] }, tasks(1));
    expect(await resolver.resolve4("Orders.SD.Local")).toEqual(["10.0.0.1"]);
  });
});

describe("SRV", () => {
  it("gives port and a target of its own for each instance, which has an address", async () => {
    await orders({ ttl: 5 }, tasks(2));
    const found = (await resolver.resolveSrv(name)).sort((a, b) => a.port - b.port);
    expect(found).toMatchObject([
      { name: `task-1.${name}`, port: 3001, priority: 1, weight: 1 },
      { name: `task-2.${name}`, port: 3002, priority: 1, weight: 1 },
    ]);
    expect(await resolver.resolve4(found[1]!.name, { ttl: true })).toEqual([{ address: "10.0.0.2", ttl: 5 }]);
    await expect(resolver.resolve6(found[1]!.name)).rejects.toMatchObject(noData);
  });

  it("is all there is: the plain name has no address", async () => {
    await orders({}, tasks(1));
    await expect(resolver.resolve4(name)).rejects.toMatchObject(noData);
  });

  it("answers SERVFAIL, and goes on, where an instance's id makes no name", async () => {
    await orders({}, [{ ...task(1), id: "x".repeat(64) }]);
    await expect(resolver.resolveSrv(name)).rejects.toMatchObject({ code: "ESERVFAIL" });
    await expect(resolver.resolve4(name)).rejects.toMatchObject(noData);
  });

  it("has names of instances only where they are registered", async () => {
    await orders({}, tasks(1));
    await expect(resolver.resolve4(`task-9.${name}`)).rejects.toMatchObject(notThere);
  });

  it("goes by names that begin with an underscore, too", async () => {
    await start({ "_http._tcp": { instances: [task(1)] } });
    expect(await resolver.resolveSrv("_http._tcp.sd.local")).toMatchObject([{ port: 3001 }]);
    await expect(resolver.resolveSrv("_tcp.sd.local")).rejects.toMatchObject(noData);
  });
});

describe("CNAME", () => {
  it("gives one instance's name, and its address where that is known here", async () => {
    await start({
      orders: {
        dns: { records: ["CNAME"] },
        instances: [{ attributes: { AWS_INSTANCE_CNAME: "users.sd.local" } }],
      },
      users: { dns: { records: ["A"] }, instances: [task(1)] },
    });
    expect(await resolver.resolveCname(name)).toEqual(["users.sd.local"]);
    expect(await resolver.resolve4(name)).toEqual(["10.0.0.1"]);
  });

  it("ends where it leads to itself", async () => {
    const attributes = { AWS_INSTANCE_CNAME: name };
    await orders({ records: ["CNAME"] }, [{ attributes }]);
    expect(await resolver.resolve4(name)).toEqual([]);
  });
});

describe("routing", () => {
  it("MULTIVALUE gives at most eight, chosen anew each time", async () => {
    await orders({ records: ["A"] }, tasks(30));
    const seen = new Set<string>();
    for (let asked = 0; asked < 20; asked += 1) {
      const found = await resolver.resolve4(name);
      expect(new Set(found).size).toBe(8);
      for (const address of found) seen.add(address);
    }
    expect(seen.size).toBeGreaterThan(8);
  });

  it("WEIGHTED gives exactly one", async () => {
    await orders({ records: ["A"], routing: "WEIGHTED" }, tasks(5));
    expect(await resolver.resolve4(name)).toHaveLength(1);
  });

  it("leaves out what is unhealthy", async () => {
    const instances = [task(1), { ...task(2), health: "UNHEALTHY" as const }];
    await orders({ records: ["A"] }, instances, { healthCheck: true });
    expect(await resolver.resolve4(name)).toEqual(["10.0.0.1"]);
  });

  it("shows everything where nothing is healthy", async () => {
    const instances = tasks(2).map((instance) => ({ ...instance, health: "UNHEALTHY" as const }));
    await orders({ records: ["A"] }, instances, { healthCheck: true });
    expect((await resolver.resolve4(name)).sort()).toEqual(["10.0.0.1", "10.0.0.2"]);
  });
});

describe("names that are not there", () => {
  it("a service without instances has no name, and gets one with the first", async () => {
    await orders({ records: ["A"] }, []);
    await expect(resolver.resolve4(name)).rejects.toMatchObject(notThere);
    const one = await local.register("orders", task(1));
    expect(await resolver.resolve4(name)).toEqual(["10.0.0.1"]);
    await one.deregister();
    await expect(resolver.resolve4(name)).rejects.toMatchObject(notThere);
  });

  it("services that only the API knows have none", async () => {
    await start({
      orders: { dns: false, instances: [task(1)] },
      users: { namespace: { name: "shop", type: "HTTP" }, instances: [task(2)] },
    });
    await expect(resolver.resolve4(name)).rejects.toMatchObject(notThere);
    await expect(resolver.resolve4("users.shop")).rejects.toMatchObject(notThere);
  });

  it("other zones do not exist", async () => {
    await orders({ records: ["A"] }, tasks(1));
    await expect(resolver.resolve4("example.com")).rejects.toMatchObject(notThere);
  });

  it("come with the zone's SOA record, whose TTL is how long that may be remembered", async () => {
    const namespace = { name: "sd.local", soaTtl: 15 };
    await orders({ records: ["A"] }, tasks(1), { namespace });
    const [dns, port] = local.dns.address.split(":") as [string, string];
    const ask = UDPClient({ dns, port: Number(port) });
    const answer = await ask("nothing.sd.local", "A");
    expect(answer.header.rcode).toBe(Packet.RCODE.NXDOMAIN);
    expect(answer.authorities).toMatchObject([{ name: "sd.local", ttl: 15, minimum: 86_400 }]);
  });
});

describe("the zone itself", () => {
  it("has SOA and NS records and no address", async () => {
    await orders({ records: ["A"] }, tasks(1));
    expect(await resolver.resolveSoa("sd.local")).toMatchObject({
      minttl: 86_400,
      refresh: 7_200,
      retry: 900,
    });
    expect(await resolver.resolveNs("sd.local")).toHaveLength(1);
    await expect(resolver.resolve4("sd.local")).rejects.toMatchObject(noData);
  });

  it("is that with the longest name where two fit", async () => {
    await start({
      orders: { dns: { records: ["A"] }, instances: [task(1)] },
      "orders.eu": { dns: { records: ["A"] }, namespace: "sd.local", instances: [task(2)] },
      inner: {
        discoveryName: "orders",
        namespace: "eu.sd.local",
        dns: { records: ["A"] },
        instances: [task(3)],
      },
    });
    expect(await resolver.resolve4("orders.sd.local")).toEqual(["10.0.0.1"]);
    expect(await resolver.resolve4("orders.eu.sd.local")).toEqual(["10.0.0.3"]);
  });
});

describe("size", () => {
  it("truncates what does not fit a datagram, and gives it whole over TCP", async () => {
    const long = Array.from({ length: 8 }, (_, at) => ({ ...task(at + 1), id: `${at}${"x".repeat(62)}` }));
    const label = "y".repeat(60);
    await start({ orders: { discoveryName: `${label}.${label}`, instances: long } });
    expect(await resolver.resolveSrv(`${label}.${label}.sd.local`)).toHaveLength(8);
    expect(local.dns.requests.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
  });
});

describe("faults", () => {
  const services = {
    orders: { dns: { records: ["A"] as const }, instances: [task(1)] },
    users: { dns: { records: ["A"] as const }, instances: [task(2)] },
  };

  it("drop: never answers", async () => {
    await start(services);
    using fault = local.dns.fault({ drop: true });
    const question = resolver.resolve4(name);
    question.catch(() => {});
    await expect.poll(() => fault.hits, patience).toBeGreaterThan(0);
    resolver.cancel();
    await expect(question).rejects.toMatchObject({ code: "ECANCELLED" });
  });

  it.each([
    ["FORMERR", "EFORMERR"],
    ["SERVFAIL", "ESERVFAIL"],
    ["NXDOMAIN", "ENOTFOUND"],
    ["NOTIMP", "ENOTIMP"],
    ["REFUSED", "EREFUSED"],
  ])("error: answers %s", async (error, code) => {
    await start(services);
    using _fault = local.dns.fault({ error });
    await expect(resolver.resolve4(name)).rejects.toMatchObject({ code });
  });

  it("throttle: refuses, as an overloaded resolver does", async () => {
    await start(services);
    using _fault = local.dns.fault({ throttle: true });
    await expect(resolver.resolve4(name)).rejects.toMatchObject({ code: "EREFUSED" });
  });

  it("empty: the name exists and has nothing", async () => {
    await start(services);
    using _fault = local.dns.fault({ empty: true });
    await expect(resolver.resolve4(name)).rejects.toMatchObject(noData);
  });

  it("half: sends half a message", async () => {
    await start(services);
    resolver = new Resolver({ timeout: 300, tries: 1 });
    resolver.setServers([local.dns.address]);
    using _fault = local.dns.fault({ half: true });
    await expect(resolver.resolve4(name)).rejects.toMatchObject({
      code: expect.stringMatching(/^(EBADRESP|ETIMEOUT)$/),
    });
  });

  it("address: every address is this one", async () => {
    await start(services);
    using _fault = local.dns.fault({ address: "192.0.2.7" });
    expect(await resolver.resolve4(name)).toEqual(["192.0.2.7"]);
  });

  it("stale: answers from what was registered when the fault began", async () => {
    await start(services);
    using fault = local.dns.fault({ stale: true });
    await local.register("orders", task(3));
    expect(await resolver.resolve4(name)).toEqual(["10.0.0.1"]);
    fault.mend();
    expect((await resolver.resolve4(name)).sort()).toEqual(["10.0.0.1", "10.0.0.3"]);
  });

  it("delay: answers later, and well", async () => {
    await start(services);
    using _fault = local.dns.fault({ delay: 100 });
    const startedAt = performance.now();
    expect(await resolver.resolve4(name)).toEqual(["10.0.0.1"]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });

  it("service narrows a fault, and times ends it", async () => {
    await start(services);
    using fault = local.dns.fault({ error: "NXDOMAIN", service: "users", times: 1 });
    expect(await resolver.resolve4(name)).toEqual(["10.0.0.1"]);
    await expect(resolver.resolve4("users.sd.local")).rejects.toMatchObject(notThere);
    expect(await resolver.resolve4("users.sd.local")).toEqual(["10.0.0.2"]);
    expect(fault.hits).toBe(1);
  });

  it("refuses a fault that it does not understand", async () => {
    await start(services);
    expect(() => local.dns.fault({ error: "TIMEOUT" })).toThrow(
      /dns\.fault\.error: got "TIMEOUT"; write one of/,
    );
    expect(() => local.dns.fault({ operation: "DiscoverInstances" } as object)).toThrow(
      /dns\.fault\.operation/,
    );
    expect(() => local.dns.fault({ address: "127.0.0.1:9" })).toThrow(/192\.0\.2\.1/);
  });
});

describe("the part itself", () => {
  it("is gone while stopped, and back in the same place", async () => {
    await orders({ records: ["A"] }, tasks(1));
    const { address } = local.dns;
    await local.dns.stop();
    await local.dns.stop();
    await expect(resolver.resolve4(name)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await local.dns.start();
    await local.dns.start();
    expect(local.dns.address).toBe(address);
    const again = new Resolver();
    again.setServers([address]);
    expect(await again.resolve4(name)).toEqual(["10.0.0.1"]);
  });

  it("goes on after nonsense over UDP and TCP", async () => {
    await orders({ records: ["A"] }, tasks(1));
    const [host, port] = local.dns.address.split(":") as [string, string];
    const udp = createSocket("udp4");
    const header = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    const nonsense = [
      [],
      [1],
      [...header],
      [...header, 63],
      [...header, 0xc0, 12],
      [...header, 5, 255, 255, 255],
    ];
    for (const bytes of nonsense.map((list) => Buffer.from(list))) {
      await new Promise((resolve) => udp.send(bytes, Number(port), host, resolve));
      const tcp = connect(Number(port), host);
      tcp.on("error", () => {});
      tcp.end(Buffer.concat([Buffer.from([0, bytes.length]), bytes]));
      tcp.resume();
      await once(tcp, "close");
    }
    udp.close();
    expect(await resolver.resolve4(name)).toEqual(["10.0.0.1"]);
  });

  it("remembers what it was asked", async () => {
    await orders({ records: ["A"] }, tasks(1));
    await resolver.resolve4(name);
    expect(local.dns.requests).toEqual([{ name, type: "A", transport: "udp" }]);
  });
});
