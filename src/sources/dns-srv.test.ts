import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  a,
  aaaa,
  cname,
  DnsServer,
  type Reply,
  type ServedRecord,
  silent,
  srv,
} from "../../test/support/dns-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ask, told } from "../../test/support/sources.ts";
import type { Source } from "../ground/source.ts";
import { dnsSource } from "./dns.ts";

let server: DnsServer;
let clock: FakeClock;
let dns: Source;

beforeEach(async () => {
  server = await DnsServer.open();
  clock = new FakeClock();
  dns = dnsSource({ clock, servers: [server.address] });
});
afterEach(() => server.close());

/** A service with these SRV records; the rest of the zone by target, without `.orders.sd.local`. */
function serve(records: Reply, addresses: Record<string, Reply> = {}): void {
  const targets = Object.entries(addresses).map(([question, reply]) => [
    `${question}.orders.sd.local`,
    reply,
  ]);
  server.zone = { "SRV orders.sd.local": records, ...Object.fromEntries(targets) };
}

const task = (id: string, port = 8080, more = {}) => srv(`${id}.orders.sd.local`, port, more);

describe("an endpoint", () => {
  test("has the record's port, its target's address and the instance's id", async () => {
    serve([task("t1"), task("t2", 8081)], { "A t1": [a("10.0.0.1")], "AAAA t2": [aaaa("fd00::2")] });
    expect(await ask(dns)).toMatchObject({
      endpoints: expect.arrayContaining([
        { address: "10.0.0.1", port: 8080, id: "t1" },
        { address: "fd00::2", port: 8081, id: "t2" },
      ]),
    });
  });

  test("has no id where the target is not named after an instance of the service", async () => {
    serve([srv("host.example.com", 8080), srv("a.b.orders.sd.local", 8081)]);
    server.zone["A host.example.com"] = [a("10.0.0.1")];
    server.zone["A a.b.orders.sd.local"] = [a("10.0.0.2")];
    expect(await ask(dns)).toMatchObject({
      endpoints: expect.arrayContaining([
        { address: "10.0.0.1", port: 8080 },
        { address: "10.0.0.2", port: 8081 },
      ]),
    });
  });

  test("stands for each address of a target, and then none has the instance's id", async () => {
    serve([task("t1")], { "A t1": [a("10.0.0.1"), a("10.0.0.2")] });
    const answer = await ask(dns);
    expect(told(answer).sort()).toEqual(["10.0.0.1:8080", "10.0.0.2:8080"]);
    expect(JSON.stringify(answer)).not.toContain("t1");
  });

  test("is found behind a target that is a CNAME", async () => {
    serve([task("t1")], {
      "A t1": [cname("ip-10-0-0-1.test"), { ...a("10.0.0.1"), name: "ip-10-0-0-1.test" }],
    });
    expect(told(await ask(dns))).toEqual(["10.0.0.1:8080"]);
  });
});

describe("targets", () => {
  test.each([
    ["the same name", ["t1", "t1"]],
    ["the same name in another case", ["t1", "T1"]],
  ])("twice with %s are one", async (_what, [one, other]) => {
    serve([task(one!), task(other!)], { "A t1": [a("10.0.0.1")] });
    expect(told(await ask(dns))).toEqual(["10.0.0.1:8080"]);
    expect(server.asked.filter((question) => question.startsWith("A "))).toHaveLength(1);
  });

  test("of one name with two ports are two", async () => {
    serve([task("t1", 8080), task("t1", 8081)], { "A t1": [a("10.0.0.1")] });
    expect(told(await ask(dns)).sort()).toEqual(["10.0.0.1:8080", "10.0.0.1:8081"]);
  });

  test("of the lowest priority are the only ones that are asked for", async () => {
    serve([task("t1", 8080, { priority: 20 }), task("t2", 8080, { priority: 10 })], {
      "A t1": [a("10.0.0.1")],
      "A t2": [a("10.0.0.2")],
    });
    expect(told(await ask(dns))).toEqual(["10.0.0.2:8080"]);
    expect(server.asked).not.toContain("A t1.orders.sd.local");
  });

  test.each<[string, ServedRecord]>([
    ["the root, which says that there is no such service", srv(".", 8080)],
    ["with port 0", task("t1", 0)],
  ])("%s are none", async (_what, record) => {
    serve([record], { "A t1": [a("10.0.0.1")] });
    expect(await ask(dns)).toEqual({
      kind: "empty",
      detail: "SRV orders.sd.local, A and AAAA orders.sd.local: no records",
    });
  });
});

describe("weights", () => {
  test("are left out where all are the same, as Cloud Map has them", async () => {
    serve([task("t1"), task("t2")], { "A t1": [a("10.0.0.1")], "A t2": [a("10.0.0.2")] });
    expect(JSON.stringify(await ask(dns))).not.toContain("weight");
  });

  test("are shared by the addresses of a target", async () => {
    serve([task("t1", 8080, { weight: 6 }), task("t2", 8080, { weight: 1 })], {
      "A t1": [a("10.0.0.1"), a("10.0.0.2")],
      "A t2": [a("10.0.0.3")],
    });
    expect(await ask(dns)).toMatchObject({
      endpoints: expect.arrayContaining([
        { address: "10.0.0.1", port: 8080, weight: 3 },
        { address: "10.0.0.2", port: 8080, weight: 3 },
        { address: "10.0.0.3", port: 8080, weight: 1, id: "t2" },
      ]),
    });
  });
});

test("the lifetime is the least of the targets' addresses, since Node does not tell the records' own", async () => {
  serve([task("t1"), task("t2")], { "A t1": [a("10.0.0.1", 30)], "A t2": [a("10.0.0.2", 12)] });
  expect(await ask(dns)).toMatchObject({ ttl: 12_000 });
});

describe("more tasks than one answer has room for", () => {
  test("are put together over consecutive answers", async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `t${index}`);
    const addresses = Object.fromEntries(ids.map((id, index) => [`A ${id}`, [a(`10.0.0.${index}`)]]));
    serve(
      ids.slice(0, 8).map((id) => task(id)),
      addresses,
    );
    expect(told(await ask(dns))).toHaveLength(8);
    await clock.advance(10_000);
    serve(
      ids.slice(4).map((id) => task(id)),
      addresses,
    );
    expect(told(await ask(dns))).toHaveLength(12);
  });

  test("count as full although one of the eight is a target without an address", async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `t${index}`);
    const addresses = Object.fromEntries(
      ids.slice(1).map((id, index) => [`A ${id}`, [a(`10.0.0.${index}`)]]),
    );
    serve(
      ids.slice(0, 8).map((id) => task(id)),
      addresses,
    );
    expect(told(await ask(dns))).toHaveLength(7);
    await clock.advance(10_000);
    serve(
      ids.slice(4).map((id) => task(id)),
      addresses,
    );
    expect(told(await ask(dns))).toHaveLength(11);
  });
});

describe("targets without an address", () => {
  test("are left out while others have one", async () => {
    serve([task("t1"), task("gone"), task("broken")], { "A t1": [a("10.0.0.1")], "A broken": "SERVFAIL" });
    expect(told(await ask(dns))).toEqual(["10.0.0.1:8080"]);
  });

  test("make the service empty where no one has any", async () => {
    serve([task("gone"), task("away")]);
    expect(await ask(dns)).toEqual({
      kind: "empty",
      detail: "SRV orders.sd.local, addresses of its 2 targets, A and AAAA orders.sd.local: no records",
    });
  });

  test("make it unavailable where one could not be asked for", async () => {
    serve([task("gone"), task("broken")], { "A broken": "SERVFAIL" });
    expect(await ask(dns)).toEqual({
      kind: "unavailable",
      scope: "service",
      detail: "A broken.orders.sd.local: SERVFAIL",
    });
  });

  test("cost the time of the lookup where they are not answered, and leave what others have", async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `t${index}`);
    const addresses = Object.fromEntries(ids.map((id, index) => [`A ${id}`, [a(`10.0.0.${index}`)]]));
    serve(
      [...ids, "quiet"].map((id) => task(id)),
      { ...addresses, "A quiet": silent },
    );
    const answer = ask(dns);
    // SRV, and A and AAAA of nine targets: the ninth is only asked for once one of the first eight has answered.
    await server.heard(19);
    await clock.advance(2_000);
    expect(await answer).toMatchObject({ kind: "endpoints" });
  });
});
