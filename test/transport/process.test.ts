import { gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { bynameCode, bynameModule, inChild, printCode } from "../support/child.ts";
import { bodyOf, type Loopback, loopback } from "../support/loopback.ts";
import { nodeBinary, nodeMajors } from "../support/node-versions.ts";

// A process starts in a tenth of a second, and in many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

describe("a process", () => {
  test("is not kept alive by an instance that nobody closed", async () => {
    await using server = await loopback((_, response) => response.end("x"));
    const [resources] = await inChild(`
      ${bynameCode(server.port)} ${printCode}
      import { setImmediate } from "node:timers/promises";
      await (await byname.request("http://orders/")).body.text();
      await byname.install();
      const parts = await Promise.all(["1", "2"].map((n) => byname.request("http://orders/" + n)));
      for (const { body } of parts) await body.text();
      for (let i = 0; i < 5; i++) await setImmediate();
      print(process.getActiveResourcesInfo());
    `);
    expect(resources).toEqual(expect.not.arrayContaining(["TCPSocketWrap"]));
    expect(resources).toEqual(expect.not.arrayContaining(["Timeout"]));
  });

  test("keeps its own dispatchers and fetch when byname loads undici", async () => {
    await using server = await loopback((_, response) => response.end("x"));
    const lines = await inChild(`
      ${bynameCode(server.port)} ${printCode}
      const slots = ["undici.globalDispatcher.1", "undici.globalDispatcher.2"].map((name) => Symbol.for(name));
      const fetchBefore = globalThis.fetch;
      void globalThis.Request;
      const before = slots.map((slot) => globalThis[slot]);
      await (await byname.request("http://orders/")).body.text();
      await (await byname.fetch("http://orders/")).text();
      print(slots.map((slot, i) => globalThis[slot] === before[i]));
      print(globalThis.fetch === fetchBefore);
    `);
    expect(lines).toEqual([[true, true], true]);
  });

  test("outlives a body that fails while its first request is still loading what sends it", async () => {
    await using server = await loopback((_, response) => response.end("x"));
    const lines = await inChild(`
      ${bynameCode(server.port)} ${printCode}
      import { Readable } from "node:stream";
      const body = new Readable({ read() {} });
      const sent = byname.request("http://orders/", { method: "POST", body });
      body.destroy(new Error("no such file"));
      print(await sent.catch(({ message }) => message));
    `);
    expect(lines).toEqual(["no such file"]);
  });

  test("loads neither undici nor fetch before the first call", async () => {
    const [slots] = await inChild(`
      ${bynameCode(1)} ${printCode}
      print([Symbol.for("undici.globalDispatcher.1") in globalThis, Symbol.for("undici.globalDispatcher.2") in globalThis]);
    `);
    expect(slots).toEqual([false, false]);
  });
});

describe("byname beside the undici package", () => {
  test.each(["before", "after"])("works where it is imported %s byname is used", async (when) => {
    await using server = await loopback((_, response) =>
      response.setHeader("set-cookie", ["a=1", "b=2"]).end("hello"),
    );
    const importing = `const undici = await import("undici");`;
    const lines = await inChild(`
      ${bynameCode(server.port)} ${printCode}
      ${when === "before" ? importing : ""}
      await (await byname.fetch("http://orders/")).text();
      ${when === "after" ? importing : ""}
      const response = await byname.fetch("http://orders/", { method: "POST", body: "text" });
      print([response.headers.getSetCookie(), await response.text(), response.url]);
      print(await (await byname.request("http://orders/")).body.text());
      const form = new undici.FormData();
      form.set("a", "1");
      print((await byname.request("http://orders/", { method: "POST", body: form })).statusCode);
    `);
    expect(lines).toEqual([[["a=1", "b=2"], "hello", "http://orders/"], "hello", 200]);
  });

  test.each(["undici", "undici7"])(
    "waits for its turn where the process's dispatcher (%s) has few connections, and blames nobody",
    async (version) => {
      await using server = await loopback((_, response) => setTimeout(() => response.end(), 500));
      const [statuses, told] = await inChild(`
      import { subscribe } from "node:diagnostics_channel";
      import * as undici from "${version}";
      ${bynameCode(server.port)} ${printCode}
      undici.setGlobalDispatcher(new undici.Agent({ connections: 2 }));
      const told = [];
      subscribe("byname:attempt", ({ error }) => error && told.push(error));
      subscribe("byname:eject", () => told.push("ejected"));
      const post = () => byname.fetch("http://orders/", { method: "POST", body: "x" });
      const calls = Array.from({ length: 12 }, () => post().then(({ status }) => status, ({ cause }) => cause.code));
      print([...new Set(await Promise.all(calls))]);
      print(told);
    `);
      expect(statuses).toEqual([200]);
      expect(told).toEqual([]);
      expect(server.accepted).toBe(2);
    },
  );

  test.each(["undici", "undici7"])(
    "keeps services apart that have one address, where the process's dispatcher (%s) has a cache",
    async (version) => {
      await using balancer = await loopback(({ headers }, response) =>
        response.setHeader("cache-control", "public, max-age=60").end(headers.host),
      );
      const answers = await inChild(`
      import { createByname } from "byname";
      import * as undici from "${version}";
      ${printCode}
      const fixed = "http://127.0.0.1:${balancer.port}";
      const byname = createByname({ services: { orders: { fixed }, users: { fixed } }, sources: ["fixed"] });
      undici.setGlobalDispatcher(new undici.Agent().compose(undici.interceptors.cache()));
      const ask = async (fetch, service) => (await fetch("http://" + service + "/who")).text();
      for (const service of ["orders", "users", "orders"]) print(await ask(byname.fetch, service));
      await byname.install();
      for (const service of ["orders", "users"]) print(await ask(fetch, service));
    `);
      expect(answers).toEqual(["orders", "users", "orders", "orders", "users"]);
    },
  );

  test("asks the process's dispatcher for plain addresses, also once it is installed, so that mocks go on", async () => {
    const answers = await inChild(`
      import { MockAgent, setGlobalDispatcher } from "undici";
      ${bynameCode(8080)} ${printCode}
      const mocks = new MockAgent();
      mocks.disableNetConnect();
      setGlobalDispatcher(mocks);
      mocks.get("http://127.0.0.1:8080").intercept({ path: "/" }).reply(200, "mocked").persist();
      const ask = async (fetch) => fetch("http://orders/").then((got) => got.text(), ({ cause }) => cause.message);
      print(await ask(byname.fetch));
      await byname.install();
      print([await ask(fetch), await ask(byname.fetch)]);
    `);
    expect(answers).toEqual(["mocked", ["mocked", "mocked"]]);
  });

  test("makes the package's own fetch and request know the services when installed", async () => {
    await using server = await loopback((_, response) => response.end("hello"));
    const lines = await inChild(`
      import * as undici from "undici";
      ${bynameCode(server.port)} ${printCode}
      const uninstall = await byname.install();
      print(await (await undici.fetch("http://orders/")).text());
      print(await (await undici.request("http://orders/")).body.text());
      print(await (await fetch("http://orders/")).text());
      undici.setGlobalDispatcher(undici.getGlobalDispatcher().compose((dispatch) => dispatch));
      print(await (await fetch("http://orders/")).text());
      const composed = undici.getGlobalDispatcher();
      uninstall();
      print(undici.getGlobalDispatcher() === composed);
      print(await fetch("http://orders/").then(() => "known", (error) => error.cause.code));
      await byname.install();
      print(await (await fetch("http://orders/")).text());
      undici.setGlobalDispatcher(new undici.Agent());
      print(await fetch("http://orders/").then(() => "known", (error) => error.cause.code));
      print(await (await byname.fetch("http://orders/")).text());
      await byname.close();
      print(undici.getGlobalDispatcher().constructor.name);
    `);
    const unknown = expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/);
    const before = ["hello", "hello", "hello", "hello"];
    expect(lines).toEqual([...before, true, unknown, "hello", unknown, "hello", "Agent"]);
  });
});

describe("a process that is set up for an HTTP proxy", () => {
  test("reaches services around it, and everything else through it", async () => {
    await using proxy = await httpProxy();
    await using server = await loopback((_, response) => response.end("orders"));
    const lines = await inChild(
      `
        ${bynameCode(server.port)} ${bynameCode(server.port, "other")} ${printCode}
        const text = async (response) => (await response).text();
        print(await text(byname.fetch("http://orders/1")));
        const uninstall = await byname.install();
        print(await text(byname.fetch("http://orders/2")));
        print(await text(fetch("http://orders/3")));
        await other.install();
        print(await text(byname.fetch("http://orders/4")));
        print(await text(other.fetch("http://orders/5")));
        print(await text(fetch("http://orders/6")));
        print(await (await byname.request("http://orders/7")).body.text());
        print(await text(byname.fetch("http://outside.example/byname")));
        print(await text(fetch("http://outside.example/plain")));
        uninstall();
        print(await text(fetch("http://outside.example/uninstalled")));
        await Promise.all([byname.close(), other.close()]);
      `,
      { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "" },
    );
    expect(lines).toEqual([...Array(7).fill("orders"), "proxied", "proxied", "proxied"]);
    expect(server.seen.map(({ target }) => target)).toEqual(["/1", "/2", "/3", "/4", "/5", "/6", "/7"]);
  });

  test("does so where the undici package brings the proxy", async () => {
    await using proxy = await httpProxy();
    await using server = await loopback((_, response) => response.end("orders"));
    const lines = await inChild(`
      import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";
      ${bynameCode(server.port)} ${printCode}
      setGlobalDispatcher(new EnvHttpProxyAgent({ httpProxy: "http://127.0.0.1:${proxy.port}", noProxy: "" }));
      const text = async (response) => (await response).text();
      print(await text(byname.fetch("http://orders/1")));
      await byname.install();
      print(await text(byname.fetch("http://orders/2")));
      print(await text(fetch("http://orders/3")));
      print(await text(fetch("http://outside.example/")));
    `);
    expect(lines).toEqual(["orders", "orders", "orders", "proxied"]);
  });

  test.each(nodeMajors)("loses nothing of fetch on the way around, on Node %i", async (major) => {
    const node = await nodeBinary(major);
    await using proxy = await httpProxy();
    await using server = await loopback(async (request, response) => {
      if (request.url === "/away") return response.writeHead(303, { location: "/arrived" }).end();
      response.writeHead(200, { "set-cookie": ["a=1", "b=2"], "content-encoding": "gzip" });
      response.end(gzipSync(`${request.method} ${request.url} ${await bodyOf(request)}`));
    });
    const lines = await inChild(
      `
        ${bynameCode(server.port)} ${printCode}
        const seen = async (call) => {
          const response = await call;
          print([response.url, response.headers.getSetCookie(), await response.text()]);
        };
        await seen(byname.fetch("http://orders/away", { method: "POST", body: "x" }));
        const headers = { "content-length": "4" };
        await seen(byname.fetch("http://orders/sized", { method: "POST", body: "text", headers }));
        const form = new FormData();
        form.set("field", "value");
        await seen(byname.fetch("http://orders/form", { method: "POST", body: form }));
      `,
      { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://127.0.0.1:${proxy.port}` },
      node,
    );
    const cookies = ["a=1", "b=2"];
    expect(lines).toEqual([
      ["http://orders/arrived", cookies, "GET /arrived "],
      ["http://orders/sized", cookies, "POST /sized text"],
      ["http://orders/form", cookies, expect.stringContaining('name="field"\r\n\r\nvalue')],
    ]);
    expect(proxy.seen).toEqual([]);
  });

  test("aborts and refuses around it as without it", async () => {
    await using proxy = await httpProxy();
    await using server = await loopback(() => {});
    const lines = await inChild(
      `
        ${bynameCode(server.port)} ${printCode}
        const failed = async (response) => { try { await response } catch (error) { return error } };
        print((await failed(byname.fetch("http://orders/", { signal: AbortSignal.timeout(50) }))).name);
        const waiting = failed(byname.fetch("http://orders/"));
        setTimeout(() => byname.destroy(), 50);
        print((await waiting).cause.code);
      `,
      { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://127.0.0.1:${proxy.port}` },
    );
    expect(lines).toEqual(["TimeoutError", "BYNAME_CLOSED"]);
  });
});

test("two copies of the package install side by side", async () => {
  await using server = await loopback((_, response) => response.end("hello"));
  const lines = await inChild(`
    ${bynameCode(server.port)} ${printCode}
    const copy = await import(${bynameModule} + "?copy");
    const second = copy.createByname({
      services: { users: {} },
      allow: ["127.0.0.0/8"],
      sources: [{ name: "fake", lookup: () => ({ kind: "endpoints", ttl: 60000, endpoints: [{ address: "127.0.0.1", port: ${server.port} }] }) }],
    });
    void globalThis.Request;
    const slot = Symbol.for("undici.globalDispatcher.1");
    const before = globalThis[slot];
    const undo = [await byname.install(), await second.install()];
    for (const service of ["orders", "users"]) print(await (await fetch("http://" + service)).text());
    undo[0]();
    print(await fetch("http://orders").then(() => "known", () => "unknown"));
    print(await (await fetch("http://users")).text());
    undo[1]();
    print(globalThis[slot] === before);
  `);
  expect(lines).toEqual(["hello", "hello", "unknown", "hello", true]);
});

/** A proxy that answers everything itself. */
async function httpProxy(): Promise<Loopback> {
  const proxy = await loopback((_, response) => response.end("proxied"));
  proxy.server.on("connect", (_, socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    proxy.server.emit("connection", socket);
  });
  return proxy;
}
