import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Backend,
  freePort,
  startBackend,
  startTcpBackend,
  textOf,
} from "../../../../test/support/backend.ts";
import { type Local, openLocal } from "../local.ts";
import type { LocalAlias, LocalOptions, LocalServiceOptions } from "../options.ts";
import { type AddressMode, detectMode } from "./addresses.ts";

/** The proxy, called by node:http, fetch and plain sockets. */
/** For what a busy machine takes its time for. */
const patience = { timeout: 10_000 };
let local: Local;
let port: number;
let backends: Backend[];

beforeEach(async () => {
  port = await freePort();
  backends = [];
});

afterEach(async () => {
  await local?.close();
  await Promise.all(backends.map((backend) => backend.close()));
});

const machine = await detectMode();

async function start(services: LocalOptions["services"] = {}, mode: AddressMode = machine): Promise<void> {
  local = await openLocal({ services }, mode);
}

async function backend(handle?: Parameters<typeof startBackend>[0]): Promise<Backend> {
  const one = await startBackend(handle);
  backends.push(one);
  return one;
}

/** `orders` in front of these ports. */
function orders(ports: number[], alias: Partial<LocalAlias> = {}): Record<string, LocalServiceOptions> {
  const instances = ports.map((one) => ({ port: one, id: `at-${one}` }));
  return { orders: { serviceConnect: { port, ...alias }, instances } };
}

interface Called {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface CallOptions {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
}

/** Begins a call of `orders` as a task would: connected to the alias's address, with its name as the host. */
function begin({ method = "GET", path = "/", headers = {}, agent }: CallOptions = {}) {
  const { address } = local.proxy.aliases.find(({ alias }) => alias === "orders")!;
  return httpRequest({
    ...{ host: address, port, method, path },
    headers: { host: "orders", ...headers },
    ...(agent && { agent }),
  });
}

async function call(options: CallOptions = {}): Promise<Called> {
  const request = begin(options);
  request.end(options.body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode!, headers: response.headers, body: await textOf(response) };
}

function tried(): string[] {
  return local.proxy.requests.at(-1)!.tried.map((host) => host.replace("127.0.0.1:", ""));
}

describe.skipIf(machine === "loopback")("addresses", () => {
  it("gives each alias one of 127.255.0.0/16, in alphabetical order, and one line for each family", async () => {
    const other = await freePort();
    await start({
      orders: { serviceConnect: { port } },
      catalog: { serviceConnect: { port } },
      metrics: { discoveryName: "metrics-admin", serviceConnect: { port: other, alias: "orders" } },
    });
    expect(local.proxy.aliases).toMatchObject([
      { alias: "catalog", port, service: "catalog" },
      { alias: "orders", service: expect.stringMatching(/orders|metrics/) },
      { alias: "orders", service: expect.stringMatching(/orders|metrics/) },
    ]);
    const [catalog, one, two] = local.proxy.aliases.map(({ address }) => address);
    expect(catalog).toMatch(/^127\.255\.\d+\.1$/);
    expect(one).toBe(catalog!.replace(/1$/, "2"));
    expect(two).toBe(one);
    expect(await readFile(local.hostsFile, "utf8")).toBe(
      [
        "127.0.0.1 localhost",
        "127.0.0.1 ip-127-0-0-1.eu-west-1.compute.internal",
        `${catalog} catalog`,
        "2600:f0f0:0:0:0:0:0:1 catalog",
        `${one} orders`,
        "2600:f0f0:0:0:0:0:0:2 orders",
        "",
      ].join("\n"),
    );
  });

  it("refuses the same alias and port twice", async () => {
    const services = {
      orders: { serviceConnect: { port } },
      other: { serviceConnect: { port, alias: "orders" } },
    };
    await expect(openLocal({ services }, "range")).rejects.toThrow(
      /services\.other\.serviceConnect: got "orders:\d+"; write another alias or port; service "orders" has/,
    );
  });

  it("stays out of the way of another Local with the same alias and port", async () => {
    const one = await backend("one");
    const two = await backend("two");
    await start(orders([one.port]));
    const second = await openLocal({ services: orders([two.port]) }, "range");
    const address = second.proxy.aliases[0]!.address;
    expect(address).not.toBe(local.proxy.aliases[0]!.address);
    expect(await (await fetch(`http://${address}:${port}/`)).text()).toBe("two");
    expect((await call()).body).toBe("one");
    await second.close();
  });
});

describe("a request", () => {
  it("arrives as it was sent, under the alias's name", async () => {
    const one = await backend((request, response) => {
      void textOf(request).then((body) => response.end(`${request.method} ${request.url} ${body}`));
    });
    await start(orders([one.port]));
    const headers = { "x-mine": "1", "x-request-id": "mine" };
    const { status, body } = await call({ method: "PUT", path: "/a?b=c", body: "hello", headers });
    expect([status, body]).toEqual([200, "PUT /a?b=c hello"]);
    expect(one.requests[0]!.headers).toMatchObject({
      host: "orders",
      "x-mine": "1",
      "x-request-id": "mine",
      "x-envoy-expected-rq-timeout-ms": "15000",
    });
  });

  it("gets an id where it has none, and the answer tells that a service has answered", async () => {
    const one = await backend((_request, response) => {
      response.writeHead(418, "Teapot", { "x-theirs": "2", server: "nobody" }).end("short and stout");
    });
    await start(orders([one.port]));
    const { status, headers, body } = await call();
    expect([status, body]).toEqual([418, "short and stout"]);
    expect(headers).toMatchObject({
      "x-theirs": "2",
      server: "envoy",
      "x-envoy-upstream-service-time": expect.stringMatching(/^\d+$/),
    });
    expect(one.requests[0]!.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("may be fetch's own, too", async () => {
    const one = await backend("fetched");
    await start(orders([one.port]));
    const response = await fetch(`http://${local.proxy.aliases[0]!.address}:${port}/`);
    expect(await response.text()).toBe("fetched");
  });

  it("streams both ways", async () => {
    let arrived = (_chunk: string) => {};
    const one = await backend((request, response) => {
      response.write("first");
      request.on("data", (chunk: Buffer) => arrived(chunk.toString()));
      request.on("end", () => response.end("last"));
    });
    await start(orders([one.port]));
    const request = begin({ method: "POST" });
    const firstChunk = new Promise<string>((resolve) => {
      arrived = resolve;
    });
    request.write("up");
    expect(await firstChunk).toBe("up");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const [chunk] = (await once(response, "data")) as [Buffer];
    expect(chunk.toString()).toBe("first");
    request.end();
    expect(await textOf(response)).toBe("last");
  });

  it("sends the head on before there is a body", async () => {
    const one = await backend((_request, response) => void response.writeHead(200).flushHeaders());
    await start(orders([one.port]));
    const request = begin();
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.on("error", () => {});
    request.destroy();
  });

  it("is taken back from the service when the caller goes away", async () => {
    const one = await backend(() => {});
    await start(orders([one.port]));
    const request = begin();
    request.on("error", () => {});
    request.end();
    await expect.poll(() => one.requests.length, patience).toBe(1);
    request.destroy();
    await expect.poll(() => one.requests[0]!.destroyed, patience).toBe(true);
  });

  it("with HTTP/1.0 is refused", async () => {
    const one = await backend();
    await start(orders([one.port]));
    const socket = connect(port, local.proxy.aliases[0]!.address);
    socket.end("GET / HTTP/1.0\r\n\r\n");
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 426 /);
    expect(one.requests).toHaveLength(0);
  });
});

describe("balancing", () => {
  it("goes round over what is registered at that moment", async () => {
    const one = await backend("1");
    const two = await backend("2");
    const three = await backend("3");
    await start(orders([one.port, two.port]));
    const bodies = async (count: number) => {
      const answers: string[] = [];
      for (let asked = 0; asked < count; asked += 1) answers.push((await call()).body);
      return answers.sort().join("");
    };
    expect(await bodies(4)).toBe("1122");
    const third = await local.register("orders", { port: three.port });
    expect(await bodies(6)).toBe("112233");
    await third.deregister();
    expect(await bodies(4)).toBe("1122");
  });
});

describe("retries", () => {
  it("tries another task when one cannot be reached, with any method", async () => {
    const dead = await freePort();
    const one = await backend((request, response) => void textOf(request).then((body) => response.end(body)));
    await start(orders([dead, one.port]));
    for (let asked = 0; asked < 4; asked += 1) {
      expect(await call({ method: "POST", body: "kept" })).toMatchObject({ status: 200, body: "kept" });
    }
    expect(local.proxy.requests.some((entry) => entry.tried.length === 2)).toBe(true);
  });

  it("tries another task when one answers 503", async () => {
    const ill = await backend((_request, response) => response.writeHead(503).end("ill"));
    const well = await backend("well");
    await start(orders([ill.port, well.port]));
    expect((await call()).body).toBe("well");
    expect((await call()).body).toBe("well");
  });

  it("gives the service's own 503 after three tries", async () => {
    const ill = await backend((_request, response) => response.writeHead(503).end("ill"));
    await start(orders([ill.port]));
    const { status, headers, body } = await call();
    expect([status, body]).toEqual([503, "ill"]);
    expect(headers).toHaveProperty("x-envoy-upstream-service-time");
    expect(ill.requests).toHaveLength(3);
  });

  it("sends a large body only once", async () => {
    const ill = await backend((request, response) => {
      void textOf(request).then(({ length }) => response.writeHead(503).end(String(length)));
    });
    await start(orders([ill.port]));
    const large = "x".repeat(1_000_000);
    expect(await call({ method: "POST", body: large })).toMatchObject({ status: 503, body: "1000000" });
    expect(ill.requests).toHaveLength(1);
  });

  it("does not wait for the rest of a body that a busy task did not want", async () => {
    const ill = await backend((_request, response) => response.writeHead(503).end());
    const well = await backend(
      (request, response) => void textOf(request).then((body) => response.end(body)),
    );
    await start(orders([ill.port, well.port]));
    const request = begin({ method: "POST" });
    request.write("one");
    await expect.poll(() => well.requests.length, patience).toBe(1);
    request.end("two");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(await textOf(response)).toBe("onetwo");
    await expect.poll(() => ill.requests[0]!.socket.destroyed, patience).toBe(true);
  });

  it("does not try again what a task may have begun", async () => {
    const one = await backend((request) => void request.socket.destroy());
    await start(orders([one.port]));
    const { status, headers, body } = await call();
    expect(status).toBe(503);
    expect(body).toBe(
      "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    );
    expect(headers).not.toHaveProperty("x-envoy-upstream-service-time");
    expect(one.requests).toHaveLength(1);
  });

  it("does not blame a task for a kept connection that it was just closing", async () => {
    const seen = new Set<Socket>();
    const one = await backend((request, response) => {
      if (seen.has(request.socket)) request.socket.destroy();
      else response.end("ok");
      seen.add(request.socket);
    });
    await start(orders([one.port]));
    for (let asked = 0; asked < 20; asked += 1) {
      expect(await call({ method: "POST", body: "x" })).toMatchObject({ status: 200, body: "ok" });
    }
    expect(one.requests.length).toBeGreaterThan(20);
  });

  it("leaves a task out after five failed connections", async () => {
    const dead = await freePort();
    const one = await backend("alive");
    await start(orders([dead, one.port]));
    const deadTries = () =>
      local.proxy.requests.flatMap((entry) => entry.tried).filter((host) => host.endsWith(`:${dead}`)).length;
    for (let asked = 0; asked < 30; asked += 1) expect((await call()).body).toBe("alive");
    expect(deadTries()).toBe(5);
  });
});

describe("answers of its own", () => {
  const local503 = (body: string) => ({ status: 503, body });

  it("no healthy upstream, where nothing is registered", async () => {
    await start(orders([]));
    const called = await call();
    expect(called).toMatchObject(local503("no healthy upstream"));
    expect(called.headers).toMatchObject({ server: "envoy", "content-type": "text/plain" });
    expect(called.headers).not.toHaveProperty("x-envoy-upstream-service-time");
  });

  it("connection failure, after three tries", async () => {
    await start(orders([await freePort()]));
    expect(await call()).toMatchObject(
      local503(
        "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection failure",
      ),
    );
    expect(tried()).toHaveLength(3);
  });

  it("504, where the service takes too long", async () => {
    const slow = await backend(() => {});
    await start(orders([slow.port], { perRequestTimeout: 1_000 }));
    expect(await call()).toMatchObject({ status: 504, body: "upstream request timeout" });
    expect(slow.requests[0]!.headers["x-envoy-expected-rq-timeout-ms"]).toBe("1000");
  });

  it("none in time, where the limit is off", async () => {
    const one = await backend();
    await start(orders([one.port], { perRequestTimeout: 0 }));
    expect((await call()).status).toBe(200);
    expect(one.requests[0]!.headers).not.toHaveProperty("x-envoy-expected-rq-timeout-ms");
  });

  it("a broken connection, where the limit ends an answer that has begun", async () => {
    const slow = await backend((_request, response) => void response.write("begun"));
    await start(orders([slow.port], { perRequestTimeout: 1_000 }));
    await expect(call()).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

describe("bytes (tcp)", () => {
  it("pass both ways, and each side ends on its own", async () => {
    const one = await startTcpBackend((socket) => {
      socket.write("hello ");
      socket.on("data", (chunk) => socket.write(chunk.toString().toUpperCase()));
      socket.on("end", () => socket.end(" bye"));
    });
    backends.push(one);
    await start(orders([one.port], { protocol: "tcp" }));
    const socket = connect({ port, host: local.proxy.aliases[0]!.address, allowHalfOpen: true });
    socket.end("you");
    expect(await received(socket)).toBe("hello YOU bye");
  });

  it("are balanced by connection, and past a task that is not there", async () => {
    const answer = (text: string) => startTcpBackend((socket) => void socket.end(text));
    backends.push(await answer("1"), await answer("2"));
    const dead = await freePort();
    await start(orders([backends[0]!.port, dead, backends[1]!.port], { protocol: "tcp" }));
    const answers = new Set<string>();
    for (let asked = 0; asked < 6; asked += 1) {
      answers.add(await received(connect(port, local.proxy.aliases[0]!.address)));
    }
    expect(answers).toEqual(new Set(["1", "2"]));
  });

  it("are accepted and closed where no task is", async () => {
    await start(orders([], { protocol: "tcp" }));
    const socket = connect(port, local.proxy.aliases[0]!.address);
    await once(socket, "connect");
    expect(await received(socket)).toBe("");
  });
});

describe("deployments", () => {
  it("freeze the names: a new alias is there after the next one, in a new file", async () => {
    const one = await backend("old");
    const two = await backend("new");
    await start(orders([one.port]));
    const before = local.hostsFile;
    const text = await readFile(before, "utf8");
    const oldAddress = local.proxy.aliases[0]!.address;
    const other = await freePort();
    await local.addService("users", { serviceConnect: { port: other }, instances: [{ port: two.port }] });
    expect(local.proxy.aliases.map(({ alias }) => alias)).toEqual(["orders"]);
    expect(await readFile(local.hostsFile, "utf8")).toBe(text);
    const after = await local.deploy();
    expect(local.hostsFile).toBe(after);
    expect(after).not.toBe(before);
    expect(await readFile(before, "utf8")).toBe(text);
    const users = local.proxy.aliases.find(({ alias }) => alias === "users")!;
    expect(await readFile(after, "utf8")).toContain(`${users.address} users\n`);
    expect(await (await fetch(`http://${users.address}:${other}/`)).text()).toBe("new");
    expect(await (await fetch(`http://${oldAddress}:${port}/`)).text()).toBe("old");
  });

  it("wait until the proxy runs", async () => {
    await start(orders([]));
    await local.proxy.stop();
    await expect(local.deploy()).rejects.toThrow(/proxy\.start\(\)/);
  });
});

describe("the part itself", () => {
  it("cuts what is open when it stops, refuses, and is back in the same place", async () => {
    const one = await backend((request, response) => void (request.url === "/slow" || response.end("ok")));
    await start(orders([one.port]));
    const agent = new Agent({ keepAlive: true });
    expect((await call({ agent })).body).toBe("ok");
    const slow = call({ path: "/slow" });
    slow.catch(() => {});
    await expect.poll(() => one.requests.length, patience).toBe(2);
    await local.proxy.stop();
    await expect(slow).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(call()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await local.proxy.start();
    expect((await call()).body).toBe("ok");
    agent.destroy();
  });

  it("lets go of its connections to the tasks when it stops", async () => {
    const one = await backend();
    await start(orders([one.port]));
    await call();
    expect(one.requests[0]!.socket.destroyed).toBe(false);
    await local.proxy.stop();
    await expect.poll(() => one.requests[0]!.socket.destroyed, patience).toBe(true);
  });

  it("remembers what passed, where it was tried and what the caller got", async () => {
    const one = await backend();
    await start(orders([one.port]));
    await call({ path: "/a" });
    expect(local.proxy.requests).toEqual([
      {
        alias: "orders",
        service: "orders",
        method: "GET",
        path: "/a",
        tried: [`127.0.0.1:${one.port}`],
        status: 200,
      },
    ]);
  });
});

describe("faults", () => {
  it("drop: takes the request and never answers", async () => {
    const one = await backend();
    await start(orders([one.port]));
    using fault = local.proxy.fault({ drop: true });
    const request = begin();
    request.on("error", () => {});
    request.end();
    await expect.poll(() => fault.hits, patience).toBe(1);
    expect(one.requests).toHaveLength(0);
    request.destroy();
  });

  it.each([
    ["noHealthyUpstream", 503, /^no healthy upstream$/],
    ["connectFailure", 503, /reset reason: connection failure$/],
    ["reset", 503, /reset reason: connection termination$/],
    ["timeout", 504, /^upstream request timeout$/],
    ["overloaded", 503, /reset reason: overflow$/],
  ])("error: answers %s in the proxy's own name", async (error, status, body) => {
    const one = await backend();
    await start(orders([one.port]));
    using _fault = local.proxy.fault({ error });
    const called = await call({ method: "POST", body: "x" });
    expect(called).toMatchObject({ status, body: expect.stringMatching(body) });
    expect(called.headers).not.toHaveProperty("x-envoy-upstream-service-time");
    expect(one.requests).toHaveLength(0);
  });

  it("error: answers a status in the service's name", async () => {
    await start(orders([]));
    using _fault = local.proxy.fault({ error: 500 });
    const { status, headers } = await call();
    expect(status).toBe(500);
    expect(headers).toHaveProperty("x-envoy-upstream-service-time");
  });

  it("throttle: the circuit breaker is open", async () => {
    await start(orders([]));
    using _fault = local.proxy.fault({ throttle: true });
    const { status, headers } = await call();
    expect([status, headers["x-envoy-overloaded"]]).toEqual([503, "true"]);
  });

  it("empty: it knows of no task", async () => {
    const one = await backend();
    await start(orders([one.port]));
    using _fault = local.proxy.fault({ empty: true });
    expect((await call()).body).toBe("no healthy upstream");
  });

  it.each([
    ["with a length", { "content-length": "8" }, "eight by"],
    ["in chunks", {}, "eight by"],
    ["with nothing in it", {}, ""],
  ])("half: breaks the connection inside of the answer, %s", async (_what, headers, body) => {
    const one = await backend((_request, response) => response.writeHead(200, headers).end(body));
    await start(orders([one.port]));
    using _fault = local.proxy.fault({ half: true });
    await expect(call()).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("address: every task is there", async () => {
    const one = await backend("one");
    const two = await backend("two");
    await start(orders([one.port]));
    using _fault = local.proxy.fault({ address: `127.0.0.1:${two.port}` });
    expect((await call()).body).toBe("two");
  });

  it("stale: it knows the tasks of when the fault began", async () => {
    const one = await backend("one");
    await start(orders([]));
    using fault = local.proxy.fault({ stale: true });
    await local.register("orders", { port: one.port });
    expect((await call()).body).toBe("no healthy upstream");
    fault.mend();
    expect((await call()).body).toBe("one");
  });

  it("delay: answers later, within the time limit", async () => {
    const one = await backend();
    await start(orders([one.port], { perRequestTimeout: 10_000 }));
    using _fault = local.proxy.fault({ delay: 100 });
    const startedAt = performance.now();
    expect((await call()).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });

  it("delay: longer than the time limit is a 504", async () => {
    const one = await backend();
    await start(orders([one.port], { perRequestTimeout: 50 }));
    using _fault = local.proxy.fault({ delay: 3_600_000 });
    expect((await call()).status).toBe(504);
  });

  it("service narrows a fault, and times ends it", async () => {
    const one = await backend();
    const carts = { serviceConnect: { port: await freePort() } };
    await start({ ...orders([one.port]), users: {}, carts });
    using fault = local.proxy.fault({ error: "reset", service: "orders", times: 1 });
    using _other = local.proxy.fault({ error: "reset", service: "carts" });
    expect((await call()).status).toBe(503);
    expect((await call()).status).toBe(200);
    expect(fault.hits).toBe(1);
    expect(() => local.proxy.fault({ drop: true, service: "users" })).toThrow(/proxy\.fault\.service/);
    expect(() => local.proxy.fault({ error: "rest" })).toThrow(/write one of noHealthyUpstream/);
    expect(() => local.proxy.fault({ error: 200 })).toThrow(/400 to 599/);
    expect(() => local.proxy.fault({ address: "127.0.0.1:99999" })).toThrow(/127\.0\.0\.1:9/);
  });

  it.each([{ error: "reset" }, { throttle: true as const }, { empty: true as const }])(
    "on bytes %o closes the connection",
    async (fault) => {
      backends.push(await startTcpBackend((socket) => void socket.end("answer")));
      await start(orders([backends[0]!.port], { protocol: "tcp" }));
      using _fault = local.proxy.fault(fault);
      expect(await received(connect(port, local.proxy.aliases[0]!.address))).toBe("");
    },
  );

  it("half on bytes: passes the first half of the first piece", async () => {
    backends.push(await startTcpBackend((socket) => void socket.write("eight by")));
    await start(orders([backends[0]!.port], { protocol: "tcp" }));
    using _fault = local.proxy.fault({ half: true });
    expect(await received(connect(port, local.proxy.aliases[0]!.address))).toBe("eigh");
  });
});

describe("where only 127.0.0.1 can be bound", () => {
  it("tells aliases apart by their ports", async () => {
    const one = await backend("one");
    const two = await backend("two");
    const other = await freePort();
    const users = { serviceConnect: { port: other }, instances: [{ port: two.port }] };
    await start({ ...orders([one.port]), users }, "loopback");
    expect(local.proxy.mode).toBe("loopback");
    expect(await readFile(local.hostsFile, "utf8")).toContain("127.0.0.1 orders\n");
    expect(local.env().BYNAME_SERVICE_CONNECT_RANGE).toBe("127.0.0.1/32");
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("one");
    expect(await (await fetch(`http://127.0.0.1:${other}/`)).text()).toBe("two");
  });

  it("refuses two aliases with one port", async () => {
    const services = { orders: { serviceConnect: { port } }, users: { serviceConnect: { port } } };
    await expect(openLocal({ services }, "loopback")).rejects.toThrow(
      /services\.users\.serviceConnect\.port: got \d+; write another port: alias "orders" has it/,
    );
  });

  it("goes on where it is with the next deployment, also when that fails", async () => {
    const one = await backend("one");
    await start(orders([one.port]), "loopback");
    await local.addService("users", { serviceConnect: { port: one.port } });
    await expect(local.deploy()).rejects.toThrow(/alias "users" of service "users" cannot have 127\.0\.0\.1/);
    expect((await call()).body).toBe("one");
  });

  it("has a later deployment's aliases next to the earlier ones", async () => {
    const one = await backend("one");
    await start(orders([one.port]), "loopback");
    const other = await freePort();
    await local.addService("users", { serviceConnect: { port: other }, instances: [{ port: one.port }] });
    await local.deploy();
    expect((await call()).body).toBe("one");
    expect(await (await fetch(`http://127.0.0.1:${other}/`)).text()).toBe("one");
  });
});

/** Everything that came until the other side ended. */
async function received(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.on("error", () => {});
  await once(socket, "close");
  return text;
}
