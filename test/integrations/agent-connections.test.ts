import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { type Agent, type ClientRequest, request, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { type Byname, createByname } from "../../src/byname.ts";
import type { OwnPicker, PickerCandidate } from "../../src/ground/balance.ts";
import type { FoundEndpoint } from "../../src/ground/endpoint.ts";
import type { ServiceOptions } from "../../src/ground/options.ts";
import { ClosedError, DeadlineError, RequestError } from "../../src/index.ts";
import { blackHole } from "../support/black-hole.ts";
import { bynameModule, inChild, printCode } from "../support/child.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { endpoints, FakeSource } from "../support/fake-source.ts";
import { hear } from "../support/hear.ts";
import { deafPort, loopback } from "../support/loopback.ts";
import { trustCertificates } from "../support/tls/certificates.ts";
import { bynameAt, bynameWith, rejection } from "../support/transports.ts";
import { byNode } from "./clients.ts";

beforeAll(trustCertificates);

const call = (byname: Byname, init = {}) => byNode.call(byname, "http://orders/", init);

/** An instance that takes the endpoints in turn, by a clock of the test's own. */
function turning(service: ServiceOptions, ...found: FoundEndpoint[]) {
  const clock = new FakeClock();
  const source = new FakeSource("fake");
  const moveTo = (...to: FoundEndpoint[]) => {
    source.always = endpoints(10_000, ...to.map(({ address, port }) => ({ address, port: port! })));
  };
  moveTo(...found);
  const services = { orders: { balance: "roundRobin", ...service } } as const;
  const options = { services, sources: [source], allow: ["127.0.0.0/8"] };
  return { clock, moveTo, byname: createByname(options, { env: {}, clock }) };
}

describe("a connection of an agent", () => {
  test("is used by one request after another", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    for (let i = 0; i < 20; i++) await call(byname);
    expect(server.accepted).toBe(1);
  });

  test("is chosen for each request, so that a client has one to each endpoint", async () => {
    await using one = await loopback((_, response) => response.end());
    await using two = await loopback((_, response) => response.end());
    const { byname, clock } = turning({}, one, two);
    for (let i = 0; i < 10; i++) await call(byname);
    expect(clock.pending).toBe(0);
    expect([one.seen.length, two.seen.length]).toEqual([5, 5]);
    expect([one.accepted, two.accepted]).toEqual([1, 1]);
    await byname.close();
  });

  test("is not used for more than a minute", async () => {
    await using server = await loopback((_, response) => response.end());
    const { byname, clock } = turning({}, server);
    for (let age = 0; age < 60_000; age += 3_000) {
      await call(byname);
      clock.jump(3_000);
    }
    expect(server.accepted).toBe(1);
    await call(byname);
    expect(server.accepted).toBe(2);
    await byname.close();
  });

  test("is not used after it was idle for four seconds, or the process frozen", async () => {
    await using server = await loopback((_, response) => response.end());
    const { byname, clock } = turning({}, server);
    await call(byname);
    clock.jump(3_999);
    await call(byname);
    expect(server.accepted).toBe(1);
    clock.jump(4_000);
    await call(byname);
    expect(server.accepted).toBe(2);
    await byname.close();
  });

  test("to another host is not used any more either, once it was idle for so long", async () => {
    await using server = await loopback((_, response) => response.end());
    const { byname, clock } = turning({});
    const url = `http://127.0.0.1:${server.port}/`;
    await byNode.call(byname, url);
    await byNode.call(byname, url);
    expect(server.accepted).toBe(1);
    clock.jump(4_000);
    await byNode.call(byname, url);
    expect(server.accepted).toBe(2);
    await byname.close();
  });

  test("is one of so many as the agent may have, and the others wait for it", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    byname.agent.maxSockets = 2;
    const crowd = () => Promise.all(Array.from({ length: 20 }, () => call(byname)));
    await crowd();
    expect(server.seen).toHaveLength(20);
    // Node's own for those who wait, and ours for those who were first.
    expect(server.accepted).toBeLessThanOrEqual(4);
    const before = server.accepted;
    await crowd();
    expect(server.accepted).toBe(before);
  });

  test("is made for the service's name, whatever Host header a request has", async () => {
    await using server = await loopback((_, response) => response.end(), { certificate: "orders" });
    await using byname = bynameAt(server);
    for (const host of ["shop.example.com", "orders"]) {
      const options = { agent: byname.httpsAgent, headers: { host } };
      await closed(httpsRequest("https://orders/", options).end());
    }
    expect(server.seen.map(({ host }) => host)).toEqual(["shop.example.com", "orders"]);
    expect(server.serverNames).toEqual(["orders"]);
  });

  test("is not used after the clock was set back, which leaves its age unknown", async () => {
    await using server = await loopback((_, response) => response.end());
    const { byname, clock } = turning({}, server);
    await call(byname);
    clock.jump(-1);
    await call(byname);
    expect(server.accepted).toBe(2);
    await byname.close();
  });

  test("is not used for longer than the server has said", async () => {
    await using server = await loopback((_, response) => response.end());
    Object.assign(server.server, { keepAliveTimeout: 3_000 });
    const { byname, clock } = turning({}, server);
    await call(byname);
    clock.jump(2_000);
    await call(byname);
    expect(server.accepted).toBe(2);
    await byname.close();
  });

  test("does not pass its idle limit on to the requests", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    await call(byname);
    const again = request("http://orders/", { agent: byname.agent });
    const [socket] = await once(again, "socket");
    expect(again.reusedSocket).toBe(true);
    expect(socket.timeout).toBe(0);
    again.end();
    await once(again, "close");
    const other = request(`http://127.0.0.1:${server.port}/`, { agent: byname.agent });
    const [fresh] = await once(other, "socket");
    expect(fresh.timeout ?? 0).toBe(0);
    other.end();
    await once(other, "close");
  });

  test("is not used when its endpoint has left", async () => {
    await using before = await loopback((_, response) => response.end("before"));
    await using after = await loopback((_, response) => response.end("after"));
    const { byname, clock, moveTo } = turning({}, before);
    expect((await call(byname)).body).toBe("before");
    moveTo(after);
    clock.jump(10_001);
    while ((await byname.resolve("orders")).stale) await setImmediate();
    for (let i = 0; i < 3; i++) expect((await call(byname)).body).toBe("after");
    expect(before.seen).toHaveLength(1);
    await byname.close();
  });

  test("is shared by requests that wait for it, where the agent has a limit", async () => {
    await using server = await loopback((_, response) => response.end("ok"));
    await using byname = bynameAt(server);
    byname.agent.maxSockets = 1;
    const replies = await Promise.all([1, 2, 3, 4].map(() => call(byname)));
    expect(replies.map(({ body }) => body)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(server.seen).toHaveLength(4);
    expect(server.open.size).toBeLessThanOrEqual(1);
  });

  test("is another one for the request that waited for one that was closed", async () => {
    await using server = await loopback((_, response) => response.setHeader("connection", "close").end("ok"));
    await using byname = bynameAt(server);
    byname.agent.maxSockets = 1;
    const replies = await Promise.all([1, 2, 3].map(() => call(byname)));
    expect(replies.map(({ body }) => body)).toEqual(["ok", "ok", "ok"]);
  });

  test("goes by TLS where the endpoint does, whatever the URL says", async () => {
    await using server = await loopback((_, response) => response.end("fixed"), { certificate: "localhost" });
    const services = { orders: { fixed: `https://localhost:${server.port}` } };
    await using byname = createByname({ services, sources: ["fixed"] }, { env: {} });
    expect((await call(byname)).body).toBe("fixed");
    expect(server.seen).toMatchObject([{ host: "orders" }]);
    expect(server.serverNames).toEqual(["localhost"]);
  });
});

describe("connecting", () => {
  test("goes on to another endpoint where one does not answer at all", async () => {
    await using hole = await blackHole();
    await using server = await loopback((_, response) => response.end("alive"));
    const { byname, clock } = turning({}, hole, server);
    const both = [call(byname, { method: "POST", body: "a" }), call(byname, { method: "POST", body: "b" })];
    await server.asked(1);
    while (clock.pending < 2) await setImmediate();
    await clock.advance(250);
    expect((await Promise.all(both)).map(({ body }) => body)).toEqual(["alive", "alive"]);
    expect(server.seen).toHaveLength(2);
    await byname.close();
  });

  test("goes on to the next source where no endpoint of one can be reached", async () => {
    await using server = await loopback((_, response) => response.end("second"));
    const [first, second] = [new FakeSource("first"), new FakeSource("second")];
    first.always = endpoints(60_000, { address: "127.0.0.1", port: await deafPort() });
    second.always = endpoints(60_000, server);
    const options = { services: { orders: {} }, sources: [first, second], allow: ["127.0.0.0/8"] };
    await using byname = createByname(options, { env: {} });
    const left = hear("byname:fallback");
    expect((await call(byname, { method: "POST", body: "once" })).body).toBe("second");
    expect(left).toMatchObject([{ service: "orders", source: "first", state: "left" }]);
  });

  test("comes back to a source whose endpoints can be reached again", async () => {
    const port = await deafPort();
    await using server = await loopback((_, response) => response.end("second"));
    const [first, second] = [new FakeSource("first"), new FakeSource("second")];
    first.always = endpoints(60_000, { address: "127.0.0.1", port });
    second.always = endpoints(60_000, server);
    const clock = new FakeClock();
    const options = { services: { orders: {} }, sources: [first, second], allow: ["127.0.0.0/8"] };
    const byname = createByname(options, { env: {}, clock });
    const told = hear("byname:fallback");
    expect((await call(byname)).body).toBe("second");
    await using _revived = await loopback((_, response) => response.end("first"), { port });
    expect((await call(byname)).body).toBe("second");
    clock.jump(1_000);
    expect((await call(byname)).body).toBe("first");
    expect((await call(byname)).body).toBe("first");
    expect(told).toMatchObject([{ state: "left" }, { source: "first", state: "back" }]);
    await byname.close();
  });

  test("may be another protocol's by an upgrade, which is an answer", async () => {
    const [attempts, forgone] = [hear("byname:attempt"), hear("byname:forgo")];
    await using server = await loopback(() => {});
    const head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    server.server.on("upgrade", (_request, socket) => socket.end(head));
    await using byname = bynameAt(server);
    const headers = { connection: "upgrade", upgrade: "websocket" };
    const asked = request("http://orders/", { agent: byname.agent, headers }).end();
    const closed = once(asked, "close");
    const [, socket] = await once(asked, "upgrade");
    socket.destroy();
    await closed;
    expect(attempts).toMatchObject([{ status: 101 }]);
    expect(forgone).toEqual([]);
  });

  test.each([
    ["options", (agent: Agent) => request("http://orders/", { agent, timeout: 50 })],
    ["setTimeout", (agent: Agent) => request("http://orders/", { agent }).setTimeout(50)],
  ])("that does not come is told as the time-out that its caller has set by %s", async (_how, asking) => {
    await using hole = await blackHole();
    await using byname = bynameAt(hole);
    const asked = asking(byname.agent).end();
    const failed = once(asked, "error");
    await once(asked, "timeout");
    asked.destroy(new Error("not in time"));
    expect(await failed).toMatchObject([{ message: "not in time" }]);
  });

  test("leaves no time-out of its own behind once there is a socket, which has Node's", async () => {
    await using server = await loopback((_, response) => response.end());
    const { byname, clock } = turning({}, server);
    const asked = request("http://orders/", { agent: byname.agent, timeout: 5_000 });
    await closed(asked.end());
    expect(clock.pending).toBe(0);
    expect(Object.keys(asked)).not.toContain("setTimeout");
    await byname.close();
  });

  test.each(["response", "error"] as const)(
    "that was made or failed by a timer is told in its request's own async context: %s",
    async (event) => {
      await using hole = await blackHole();
      await using server = await loopback((_, response) => response.end());
      const found = event === "response" ? [hole, server] : [hole];
      const balance: OwnPicker = ([first]) => first!;
      const { byname, clock } = turning({ balance, request: { retries: 0 } }, ...found);
      const storage = new AsyncLocalStorage<string>();
      const told = Promise.withResolvers<unknown>();
      storage.run("mine", () => {
        const asked = request("http://orders/", { agent: byname.agent });
        asked.once(event, () => told.resolve(storage.getStore())).end();
      });
      while (clock.pending < 2) await setImmediate();
      await clock.advance(event === "response" ? 250 : 2_000);
      expect(await told.promise).toBe("mine");
      await byname.destroy();
    },
  );

  test("takes no longer than the service's time-out, and tells whom it waited for", async () => {
    await using hole = await blackHole();
    const { byname, clock } = turning({ request: { timeout: 1_000 } }, hole);
    const failed = rejection(call(byname));
    while (clock.pending === 0) await setImmediate();
    await clock.advance(1_000);
    const error = await failed;
    expect(error).toBeInstanceOf(DeadlineError);
    expect(error).toMatchObject({ attempts: [{ error: "BYNAME_DEADLINE" }] });
    expect(clock.pending).toBe(0);
    await byname.close();
  });

  test("to one endpoint takes no longer than two seconds", async () => {
    await using hole = await blackHole();
    const { byname, clock } = turning({ request: { retries: 0 } }, hole);
    const attempts = hear("byname:attempt");
    const failed = rejection(call(byname));
    while (clock.pending < 2) await setImmediate();
    await clock.advance(2_000);
    expect(await failed).toBeInstanceOf(RequestError);
    expect(attempts).toMatchObject([{ error: "no connection within 2000 ms" }]);
    await byname.close();
  });

  test("does not begin for a request that was given up while its service was looked up", async () => {
    await using server = await loopback(() => {});
    const source = new FakeSource("fake");
    await using byname = bynameWith(source);
    const given = request("http://orders/", { agent: byname.agent }).on("error", () => {});
    while (source.open.length === 0) await setImmediate();
    given.destroy();
    source.answer(endpoints(60_000, server));
    await closed(given);
    expect(server.accepted).toBe(0);
  });

  test("leaves nothing under way where another connection was faster", async () => {
    await using hole = await blackHole();
    await using server = await loopback((_, response) => response.end());
    let known: readonly PickerCandidate[] = [];
    const balance: OwnPicker = (candidates) => {
      known = known.length < candidates.length ? candidates : known;
      return candidates[0]!;
    };
    const { byname, clock } = turning({ balance }, hole, server);
    const reply = call(byname);
    while (clock.pending < 2) await setImmediate();
    await clock.advance(250);
    await reply;
    await setImmediate();
    expect(known.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
    await byname.close();
  });

  test("is ended by destroy", async () => {
    await using hole = await blackHole();
    const byname = bynameAt(hole);
    const failed = rejection(call(byname));
    await byname.resolve("orders");
    await byname.destroy();
    expect(await failed).toBeInstanceOf(ClosedError);
  });
});

describe("what became of a request by an agent", () => {
  test.each([
    ["says 503", (response: ServerResponse) => void response.writeHead(503).end()],
    ["resets its connections", (response: ServerResponse) => void response.socket!.destroy()],
  ])("ejects an endpoint that %s", async (_, answer) => {
    await using ill = await loopback((_request, response) => answer(response));
    await using well = await loopback((_request, response) => response.end());
    const { byname } = turning({}, ill, well);
    const ejected = hear("byname:eject");
    for (let i = 0; i < 14; i++) await call(byname).catch(() => {});
    expect(ejected).toMatchObject([{ service: "orders", endpoint: { port: ill.port } }]);
    expect(ill.seen).toHaveLength(5);
    await byname.close();
  });

  test("does not count against an endpoint where the caller gave up", async () => {
    await using server = await loopback(() => {});
    const { byname } = turning({}, server);
    const attempts = hear("byname:attempt");
    const given = request("http://orders/", { agent: byname.agent }).on("error", () => {});
    given.end();
    await server.asked(1);
    given.destroy();
    await closed(given);
    expect(attempts).toEqual([]);
    await byname.close();
  });

  test("counts against an endpoint where the caller's time-out ran out", async () => {
    await using server = await loopback(() => {});
    const { byname } = turning({}, server);
    const attempts = hear("byname:attempt");
    const given = request("http://orders/", { agent: byname.agent, timeout: 20 }).on("error", () => {});
    given.on("timeout", () => given.destroy()).end();
    await closed(given);
    expect(attempts).toMatchObject([{ endpoint: { port: server.port }, error: "ECONNRESET" }]);
    await byname.close();
  });

  test("is announced as an attempt, without its query string", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const attempts = hear("byname:attempt");
    await byNode.call(byname, "http://orders/path?secret=1");
    expect(attempts).toMatchObject([
      { service: "orders", method: "GET", path: "/path", status: 200, resent: 0 },
    ]);
  });

  test("lets an endpoint's count of requests under way return to nothing", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await loopback(async ({ url }, response) => {
      if (url === "/late") await go.promise;
      if (url === "/reset") response.socket!.destroy();
      else response.end();
    });
    const seen: number[] = [];
    const balance: OwnPicker = (candidates) => {
      seen.push(candidates[0]!.inFlight);
      return candidates[0] as PickerCandidate;
    };
    const { byname } = turning({ balance }, server);
    const late = byNode.call(byname, "http://orders/late");
    await server.asked(1);
    await rejection(byNode.call(byname, "http://orders/reset"));
    await call(byname);
    go.resolve();
    await late;
    await call(byname);
    expect(seen).toEqual([0, 1, 1, 0]);
    await byname.close();
  });

  test("does not hang on an answer that nobody listens for", async () => {
    await using server = await loopback((_, response) => response.end("x".repeat(1_000_000)));
    await using byname = bynameAt(server);
    const unheard = request("http://orders/", { agent: byname.agent });
    unheard.end();
    await once(unheard, "close");
  });
});

describe("the end of an instance", () => {
  test("by close is when the requests of its agents have ended, and their connections with them", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await loopback(async (_, response) => {
      response.write("first ");
      await go.promise;
      response.end("last");
    });
    const byname = bynameAt(server);
    const given = request("http://orders/", { agent: byname.agent }).end();
    const [[socket], [response]] = await Promise.all([once(given, "socket"), once(given, "response")]);
    const ended = byname.close();
    go.resolve();
    expect(await text(response)).toBe("first last");
    await ended;
    expect(socket.destroyed).toBe(true);
  });

  test("by close is that of idle connections too", async () => {
    await using server = await loopback((_, response) => response.end());
    const byname = bynameAt(server);
    const call = request("http://orders/", { agent: byname.agent }).end();
    const [socket] = await once(call, "socket");
    await closed(call);
    expect(socket.destroyed).toBe(false);
    await byname.close();
    expect(socket.destroyed).toBe(true);
  });

  test("by destroy cuts them", async () => {
    await using server = await loopback(() => {});
    const byname = bynameAt(server);
    const failed = rejection(call(byname));
    await server.asked(1);
    await byname.destroy();
    expect(await failed).toBeInstanceOf(ClosedError);
    await server.deserted();
  });

  test("need not be told: an agent's idle connection does not keep the process alive", async () => {
    await using server = await loopback((_, response) => response.end("ok"));
    const [text] = await inChild(`
      ${printCode}
      import { createByname } from ${bynameModule};
      import { get } from "node:http";
      const endpoints = [{ address: "127.0.0.1", port: ${server.port} }];
      const source = { name: "own", lookup: () => ({ kind: "endpoints", ttl: 3600000, endpoints }) };
      const { agent } = createByname({ services: { orders: {} }, sources: [source], allow: ["127.0.0.1"] });
      get("http://orders/", { agent }, (response) => response.setEncoding("utf8").on("data", print));
    `);
    expect(text).toBe("ok");
  }, 60_000);
});

function closed(given: ClientRequest): Promise<void> {
  return new Promise((resolve) => given.once("close", resolve));
}
