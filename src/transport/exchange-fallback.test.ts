import { describe, expect, test } from "vitest";
import { atRest, type ExchangeWorld } from "../../test/support/exchange-world.ts";
import { settled } from "../../test/support/fake-clock.ts";

const generations = [{ generation: "legacy" }, { generation: "current" }] as const;
const both = { serviceConnect: ["127.255.0.1"], dns: ["10.0.0.1", "10.0.0.2"] };
const envoys = { server: "envoy" };
const none = "no healthy upstream";
const unsent = "upstream connect error or disconnect/reset before headers. reset reason: connection failure";
const resent =
  "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection failure";
const cut = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";

function sourcesOf(world: ExchangeWorld): string[] {
  return world.attempts.map(({ address }) => (address.startsWith("127") ? "proxy" : "task"));
}

describe.each(generations)("a source whose endpoints cannot be reached ($generation)", ({ generation }) => {
  test("is left for the next one, also by a POST", async () => {
    const world = atRest({ generation, sources: both });
    const call = world.call({ method: "POST" });
    world.last.refuse();
    expect(sourcesOf(world)).toEqual(["proxy", "task"]);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
    world.call();
    expect(sourcesOf(world)).toEqual(["proxy", "task", "task"]);
    world.last.reply(200);
  });

  test("is tried by one request after a while, and trusted when it answers", async () => {
    const world = atRest({ generation, sources: both });
    world.call();
    world.last.refuse();
    world.last.reply(200);
    await world.clock.advance(1_000);
    world.call();
    const [, , trial] = world.attempts;
    world.call();
    world.last.reply(200);
    trial!.reply(200);
    world.call();
    world.last.reply(200);
    expect(sourcesOf(world)).toEqual(["proxy", "task", "proxy", "task", "proxy"]);
  });

  test("is as good as before where no other knows the service", async () => {
    const world = atRest({ generation, sources: { serviceConnect: ["127.255.0.1"] } });
    const call = world.call();
    world.last.refuse();
    await settled();
    expect(sourcesOf(world)).toEqual(["proxy", "proxy"]);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
    expect(world.asked).toEqual(["", "serviceConnect", ""]);
  });

  test("is left by one request alone while it has endpoints that were not tried", () => {
    const sources = { dns: ["10.0.0.1", "10.0.0.2"], fixed: ["10.0.0.9"] };
    const world = atRest({ generation, sources, request: { retries: 0 } });
    const call = world.call();
    world.last.refuse();
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
    world.call();
    world.last.reply(200);
    expect(world.attempts.map(({ address }) => sources.dns.includes(address))).toEqual([true, false, true]);
  });

  test("does not use up the retries of the next", async () => {
    const world = atRest({
      generation,
      sources: { dns: ["10.0.0.1"], fixed: ["10.0.0.2"] },
      request: { retries: 1 },
    });
    const call = world.call({ method: "POST" });
    world.last.refuse();
    world.last.refuse();
    await settled();
    await world.clock.advance(0);
    world.last.refuse();
    await settled();
    expect(call.ends).toEqual(["error BYNAME_REQUEST"]);
    expect(world.attempts.map(({ address }) => address)).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.1"]);
  });
});

describe.each(generations)("a reply of the proxy's own ($generation)", ({ generation }) => {
  const world = () => atRest({ generation, sources: both });

  test.each([none, unsent])("that says that nothing was sent leads to the next source: %s", (text) => {
    const { call, ...at } = begun(world(), { method: "POST" });
    at.proxy.answer(503, envoys);
    at.proxy.data(text);
    expect(call.told).toEqual(["start"]);
    expect(sourcesOf(at.world)).toEqual(["proxy", "task"]);
    at.world.last.reply(200, "better");
    expect(call.told).toEqual(["start", "200", "data better", "end"]);
    expect(at.proxy.isAborted).toBe(true);
  });

  test("may be whole already when the next source is asked", () => {
    const { call, ...at } = begun(world());
    at.proxy.answer(503, envoys);
    at.proxy.data(none);
    at.proxy.complete();
    at.world.last.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
  });

  test("is understood when its text comes in pieces", () => {
    const { call, ...at } = begun(world());
    at.proxy.answer(503, envoys);
    for (const letter of unsent) at.proxy.data(letter);
    expect(sourcesOf(at.world)).toEqual(["proxy", "task"]);
    at.proxy.complete();
    at.world.last.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
  });

  test("is released as soon as its text is another", () => {
    const { call, ...at } = begun(world());
    at.proxy.answer(503, envoys);
    at.proxy.data("no healthy ");
    expect(call.told).toEqual(["start"]);
    at.proxy.data("dog");
    expect(call.told).toEqual(["start", "503", "data no healthy ", "data dog"]);
    at.proxy.data("s");
    at.proxy.complete();
    expect(call.told.slice(4)).toEqual(["data s", "end"]);
    expect(sourcesOf(at.world)).toEqual(["proxy"]);
  });

  test.each(["", "no healthy"])("is released at its end where its text %j says nothing", (text) => {
    const { call, ...at } = begun(world());
    at.proxy.answer(503, envoys);
    if (text) at.proxy.data(text);
    at.proxy.complete();
    expect(call.ends).toEqual(["end"]);
    expect(call.told[1]).toBe("503");
  });

  test("is the caller's where the connection broke off after all was sent", () => {
    const { call, ...at } = begun(world());
    at.proxy.reply(503, cut, envoys);
    expect(call.told).toEqual(["start", "503", `data ${cut}`, "end"]);
  });

  test("about retries of its own leads on only what may be repeated", () => {
    const post = begun(world(), { method: "POST" });
    post.proxy.reply(503, resent, envoys);
    expect(post.call.ends).toEqual(["end"]);
    const get = begun(world());
    get.proxy.reply(503, resent, envoys);
    expect(get.call.ends).toEqual([]);
    get.world.last.reply(200);
  });

  test.each([
    ["a service's own 503", 503, { server: "envoy", "x-envoy-upstream-service-time": "3" }],
    ["another server's", 503, { server: "nginx" }],
    ["another status", 504, envoys],
  ])("is not seen in %s", (_, status, headers) => {
    const { call, ...at } = begun(world());
    at.proxy.reply(status, none, headers as Record<string, string>);
    expect(call.told).toEqual(["start", String(status), `data ${none}`, "end"]);
    expect(at.world.attempts).toHaveLength(1);
  });

  test("is released where no other source knows the service", async () => {
    const { call, ...at } = begun(atRest({ generation, sources: { serviceConnect: ["127.255.0.1"] } }));
    at.proxy.answer(503, envoys);
    at.proxy.data(none);
    expect(call.told).toEqual(["start"]);
    await settled();
    at.proxy.complete();
    expect(call.told).toEqual(["start", "503", `data ${none}`, "end"]);
  });

  test("is released where what the next source gives cannot be reached", async () => {
    const { call, ...at } = begun(world(), { method: "POST" });
    at.proxy.reply(503, none, envoys);
    while (call.told.length === 1) {
      at.world.last.refuse();
      await settled();
      await at.world.clock.advance(1_000);
    }
    expect(call.told).toEqual(["start", "503", `data ${none}`, "end"]);
  });

  test("is released when the deadline comes before another connection", async () => {
    const { call, ...at } = begun(world());
    at.proxy.reply(503, none, envoys);
    await at.world.clock.advance(15_000);
    expect(call.told).toEqual(["start", "503", `data ${none}`, "end"]);
  });

  test("that was released is not held to the deadline any more", async () => {
    const { call, ...at } = begun(world());
    at.proxy.answer(503, envoys);
    at.proxy.data("busy");
    await at.world.clock.advance(20_000);
    at.proxy.complete();
    expect(call.told).toEqual(["start", "503", "data busy", "end"]);
  });

  test("that was released is the answer, whatever a source says later", async () => {
    const slow = atRest({ generation, sources: both, isKnown: false });
    const call = slow.call();
    await settled();
    const late = Promise.withResolvers<void>();
    slow.gate = late.promise;
    slow.last.begin();
    slow.last.answer(503, envoys);
    slow.last.data(none);
    await slow.clock.advance(15_000);
    expect(call.told).toEqual(["start", "503", `data ${none}`]);
    late.resolve();
    await settled();
    expect(slow.attempts).toHaveLength(1);
    slow.last.complete();
    expect(call.ends).toEqual(["end"]);
  });

  test("is forgotten once another connection sends, whose failure counts", () => {
    const { call, ...at } = begun(world(), { method: "POST" });
    at.proxy.reply(503, none, envoys);
    at.world.last.begin();
    at.world.last.reset();
    expect(call.told).toEqual(["start", "error BYNAME_REQUEST"]);
  });

  test("is not held to the limit of one attempt", async () => {
    const { call, ...at } = begun(atRest({ generation, sources: both, request: { attemptTimeout: 100 } }));
    at.proxy.answer(503, envoys);
    at.proxy.data(none);
    await at.world.clock.advance(99);
    at.world.last.begin();
    await at.world.clock.advance(50);
    at.world.last.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
  });

  test("that breaks off while its text is unclear is the caller's, as far as it came", async () => {
    const { call, ...at } = begun(world());
    at.proxy.answer(503, envoys);
    at.proxy.data("no ");
    at.proxy.reset();
    expect(call.told).toEqual(["start", "503", "data no "]);
    await settled();
    expect(call.told).toEqual(["start", "503", "data no ", "error UND_ERR_SOCKET"]);
  });

  test("that breaks off while another source is tried does not matter", () => {
    const { call, ...at } = begun(world());
    at.proxy.answer(503, envoys);
    at.proxy.data(none);
    at.proxy.reset();
    expect(call.told).toEqual(["start"]);
    at.world.last.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
  });

  test("is released at once where the body cannot be sent again", async () => {
    const body = (async function* () {
      yield "x".repeat(1_048_577);
      yield "y";
    })();
    const { call, ...at } = begun(world(), { method: "POST", body });
    const view = (at.proxy.options.body as AsyncIterable<string>)[Symbol.asyncIterator]();
    await view.next();
    at.proxy.reply(503, none, envoys);
    expect(call.told).toEqual(["start", "503", `data ${none}`, "end"]);
    expect(at.world.attempts).toHaveLength(1);
  });

  test("is released where so much of the body went to the proxy meanwhile that it cannot be sent again", async () => {
    const body = (async function* () {
      yield "x";
      yield "y".repeat(1_048_577);
    })();
    const { call, ...at } = begun(world(), { method: "POST", body });
    const view = (at.proxy.options.body as AsyncIterable<string>)[Symbol.asyncIterator]();
    await view.next();
    at.proxy.reply(503, none, envoys);
    await view.next();
    expect(call.told).toEqual(["start"]);
    expect(at.world.last.begin()).toBe(false);
    expect(call.told).toEqual(["start", "503", `data ${none}`, "end"]);
  });

  test("is dropped with its request when the caller aborts", () => {
    const { call, ...at } = begun(world());
    at.proxy.answer(503, envoys);
    at.proxy.data(none);
    call.abort("why");
    expect(call.told).toEqual(["start", "error why"]);
    expect(at.proxy.isAborted).toBe(true);
  });

  test("ends with the abort of a caller who aborts while it is released", () => {
    const { call, ...at } = begun(world());
    call.onTold = (what) => {
      if (what === "503") call.abort("why");
    };
    at.proxy.answer(503, envoys);
    at.proxy.data("no ");
    at.proxy.data("more");
    at.proxy.complete();
    expect(call.told).toEqual(["start", "503", "error why"]);
  });

  test("that a handler throws at fails the request", async () => {
    const { call, ...at } = begun(atRest({ generation, sources: { serviceConnect: ["127.255.0.1"] } }));
    call.onTold = (what) => {
      if (what === "503") throw new Error("at the headers");
    };
    at.proxy.reply(503, none, envoys);
    await settled();
    expect(call.told).toEqual(["start", "503", "error Error"]);
  });
});

test("what goes through the proxy is neither raced nor hedged, and repeated once when its connection breaks", async () => {
  const world = atRest({
    sources: { serviceConnect: ["127.255.0.1", "127.255.0.2"] },
    request: { hedgeAfter: 10 },
  });
  const call = world.call();
  await world.clock.advance(1_000);
  world.last.begin();
  await world.clock.advance(1_000);
  expect(world.attempts).toHaveLength(1);
  world.last.reset();
  expect(world.attempts).toHaveLength(2);
  world.last.begin();
  world.last.reset();
  expect(call.ends).toEqual(["error BYNAME_REQUEST"]);
});

/** A call whose first attempt has got to the proxy. */
function begun(world: ExchangeWorld, request = {}) {
  const call = world.call(request);
  const proxy = world.last;
  proxy.begin();
  return { world, call, proxy };
}
