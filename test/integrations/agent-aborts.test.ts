import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Byname, createByname } from "../../src/byname.ts";
import type { FoundEndpoint } from "../../src/ground/endpoint.ts";
import { type BlackHole, blackHole } from "../support/black-hole.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { down, endpoints, FakeSource } from "../support/fake-source.ts";
import { hear } from "../support/hear.ts";
import { type Loopback, loopback } from "../support/loopback.ts";
import { clients } from "./clients.ts";

let hole: BlackHole;
/** Answers `/part` with the beginning of an answer, and nothing else at all. */
let server: Loopback;

beforeAll(async () => {
  hole = await blackHole();
  server = await loopback(({ url }, response) => {
    if (url === "/part") response.write("part");
  });
});

afterAll(async () => {
  await server.close();
  await hole[Symbol.asyncDispose]();
});

/** How far a request has come when its caller gives it up, by Node's own agent and by byname's. */
interface Phase {
  readonly name: string;
  readonly byNode: (send: Send) => Promise<ClientRequest>;
  readonly byByname: (send: Send, own: Own) => Promise<ClientRequest>;
}

type Send = (url: string, options?: RequestOptions) => ClientRequest;

const phases: readonly Phase[] = [
  {
    name: "in the very tick it was made in",
    byNode: async (send) => send(urlOf(server)),
    byByname: async (send, { is }) => {
      is(server);
      return send("http://orders/");
    },
  },
  {
    name: "while its service is looked up",
    byNode: async (send) => {
      const given = send("http://orders/", { lookup: () => {} });
      await once(given, "socket");
      return given;
    },
    byByname: async (send, { source }) => {
      const given = send("http://orders/");
      do await setImmediate();
      while (source.open.length === 0);
      return given;
    },
  },
  {
    name: "while it is being connected",
    byNode: async (send) => {
      const given = send(urlOf(hole));
      await once(given, "socket");
      return given;
    },
    byByname: async (send, { is, clock }) => {
      is(hole);
      const given = send("http://orders/");
      do await setImmediate();
      while (clock.pending < 3);
      return given;
    },
  },
  {
    name: "before its answer",
    byNode: (send) => asked(send(urlOf(server))),
    byByname: (send, { is }) => {
      is(server);
      return asked(send("http://orders/"));
    },
  },
  {
    name: "within its answer",
    byNode: (send) => begun(send(`${urlOf(server)}part`)),
    byByname: (send, { is }) => {
      is(server);
      return begun(send("http://orders/part"));
    },
  },
];

const ways: readonly (readonly [string, (given: ClientRequest, abort: AbortController) => void])[] = [
  ["its signal", (_, abort) => abort.abort()],
  ["its signal, with a reason", (_, abort) => abort.abort(reason)],
  ["destroy", (given) => void given.destroy()],
  ["destroy, with an error", (given) => void given.destroy(reason)],
  ["abort", (given) => given.abort()],
];

const reason = Object.assign(new RangeError("not wanted"), { code: "E_OWN" });

describe.each(phases)("a request that is given up $name", ({ byNode, byByname }) => {
  test.each(ways)("by %s ends as it does by Node's own agent", async (_, giveUp) => {
    const plain = new Agent({ keepAlive: true });
    const expected = await toldOf(plain, byNode, giveUp);
    plain.destroy();
    const own = instance();
    await own.warm();
    expect(await toldOf(own.byname.agent, (send) => byByname(send, own), giveUp)).toEqual(expected);
    await own.close();
    expect(own.clock.pending).toBe(0);
    await server.deserted();
  });
});

test("a request whose signal was aborted before ends as it does by Node's own agent, and is not even begun", async () => {
  const begin = (url: string) => async (send: Send) => send(url, { signal: AbortSignal.abort(reason) });
  const expected = await toldOf(new Agent(), begin(urlOf(server)), () => {});
  const { byname, source, close } = instance();
  const started = hear("byname:start");
  expect(await toldOf(byname.agent, begin("http://orders/"), () => {})).toEqual(expected);
  expect(source.asked).toBe(0);
  expect(started).toEqual([]);
  await close();
});

test("the first request of an instance, given up at once, ends by its caller's own error", async () => {
  const { byname, close } = instance();
  const given = request("http://orders/", { agent: byname.agent }).end();
  given.destroy(reason);
  expect(await once(given, "error")).toEqual([reason]);
  await close();
});

describe("a request that is given up before it has a connection", () => {
  test("is announced as that, once", async () => {
    const { byname, clock, is } = instance();
    is(hole);
    const [started, failed] = [hear("byname:start"), hear("byname:fail")];
    const forgone = hear("byname:forgo");
    const given = request("http://orders/", { agent: byname.agent }).end();
    while (clock.pending < 3) await setImmediate();
    given.destroy(reason);
    await once(given, "error");
    given.destroy();
    await byname.close();
    expect(started).toHaveLength(1);
    expect(forgone.filter((event) => (event as { request?: unknown }).request)).toEqual([
      { request: started[0] },
    ]);
    expect(failed).toEqual([]);
  });

  test("lets the lookup go on for others", async () => {
    const { byname, source } = instance();
    const [given, other] = [0, 1].map(() => request("http://orders/part", { agent: byname.agent }).end());
    while (source.open.length === 0) await setImmediate();
    given!.destroy(reason);
    await once(given!, "error");
    source.answer(endpoints(60_000, { address: server.address, port: server.port }));
    await begun(other!);
    other!.destroy();
    await byname.close();
    expect(source.asked).toBe(1);
  });
});

describe.each(clients)("$name", ({ call }) => {
  test("tells of an abort during the lookup what it tells of one by Node's own agents", async () => {
    const abort = async (agent: Agent, url: string, isUnderWay: () => boolean) => {
      const controller = new AbortController();
      const { signal } = controller;
      const failed = call({ agent } as Byname, url, { signal }).catch((error) => error);
      while (!isUnderWay()) await setImmediate();
      controller.abort(reason);
      return outcomeOf(await failed);
    };
    const plain = new Agent();
    const isConnecting = () => Object.keys(plain.sockets).length > 0;
    const expected = await abort(plain, urlOf(hole), isConnecting);
    const { byname, source, close } = instance();
    expect(await abort(byname.agent, "http://orders/", () => source.open.length > 0)).toEqual(expected);
    await close();
  });
});

type Own = ReturnType<typeof instance>;

/** An instance whose lookups wait for their answer until it is told where the service is. */
function instance() {
  const clock = new FakeClock();
  const source = new FakeSource("fake");
  const options = { services: { orders: {}, users: {} }, sources: [source], allow: ["127.0.0.0/8"] };
  const byname = createByname(options, { env: {}, clock });
  const is = ({ address, port }: FoundEndpoint) => {
    source.always = endpoints(60_000, { address, port: port! });
  };
  /** All that comes with a first request is loaded. */
  const warm = async () => {
    is(server);
    const first = request("http://users/part", { agent: byname.agent }).end();
    (await begun(first)).destroy();
    source.always = undefined;
  };
  /** Ends where nothing is under way but lookups, which go on without their requests. */
  const close = async () => {
    const closed = byname.close();
    while (source.open.length > 0) source.answer(down);
    await closed;
  };
  return { byname, clock, source, is, warm, close };
}

/** All that a caller hears of a request from when it gives it up to its end. */
async function toldOf(
  agent: Agent,
  begin: (send: Send) => Promise<ClientRequest>,
  giveUp: (given: ClientRequest, abort: AbortController) => void,
): Promise<unknown[]> {
  const abort = new AbortController();
  const told: unknown[] = [];
  const ended = Promise.withResolvers<void>();
  const hear = (of: string, emitter: ClientRequest | IncomingMessage, names: readonly string[]) => {
    for (const name of names) emitter.on(name, (error) => told.push([of, name, outcomeOf(error)]));
  };
  const send: Send = (url, options) => {
    const given = request(url, { agent, signal: abort.signal, ...options }).end();
    hear("request", given, ["error", "close"]);
    given.once("response", (response) => hear("response", response, ["aborted", "error", "close"]));
    given.once("close", () => setImmediate().then(ended.resolve));
    giveUpNow = () => giveUp(given, abort);
    return given;
  };
  let giveUpNow = () => {};
  await begin(send).then(() => giveUpNow());
  await ended.promise;
  return told;
}

function outcomeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, cause } = error;
  return { kind: error.constructor, name, message, cause, code: (error as { code?: unknown }).code };
}

async function asked(given: ClientRequest): Promise<ClientRequest> {
  const before = server.seen.length;
  await server.asked(before + 1);
  return given;
}

async function begun(given: ClientRequest): Promise<ClientRequest> {
  const [response] = (await once(given, "response")) as [IncomingMessage];
  await once(response, "data");
  return given;
}

function urlOf({ address, port }: FoundEndpoint): string {
  return `http://${address}:${port}/`;
}
