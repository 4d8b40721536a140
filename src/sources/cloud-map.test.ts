import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startApi } from "../../packages/local/src/api/api.ts";
import { Throttle } from "../../packages/local/src/api/throttle.ts";
import { Registry } from "../../packages/local/src/registry/registry.ts";
import {
  awsError,
  type Call,
  CloudMapApi,
  discovered,
  json,
  revised,
} from "../../test/support/cloud-map-api.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { deafPort, type Handle, type Loopback, loopback } from "../../test/support/loopback.ts";
import { ask, told } from "../../test/support/sources.ts";
import type { Source } from "../ground/source.ts";
import { readPlacement } from "../runtime/metadata.ts";
import { type CloudMapOptions, cloudMapSource } from "./cloud-map.ts";

const env = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
const one = { AWS_INSTANCE_IPV4: "10.0.0.1", AWS_INSTANCE_PORT: "8080" };
const two = { AWS_INSTANCE_IPV4: "10.0.0.2", AWS_INSTANCE_PORT: "8080" };

let clock: FakeClock;
const sources: Source[] = [];
beforeEach(() => {
  clock = new FakeClock();
});
afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.close!()));
});

function cloudMap(options: Partial<CloudMapOptions> = {}): Source {
  const source = cloudMapSource({
    clock,
    env,
    runtimeRegion: async () => undefined,
    resolveHost: async (name) => Promise.reject(new Error(`A ${name}: NXDOMAIN`)),
    ...options,
  });
  sources.push(source);
  return source;
}

describe("with scripted answers", () => {
  const api = new CloudMapApi();
  beforeAll(() => api.open());
  afterAll(() => api.close());

  let instances: Record<string, string>[];
  let revision: string | number;
  beforeEach(() => {
    api.operations();
    instances = [one];
    revision = 1;
    api.reply = scripted;
  });

  function scripted({ operation }: Call): Response {
    if (operation === "DiscoverInstancesRevision") return revised(revision);
    const list = instances.map((Attributes, index) => ({ InstanceId: `i${index}`, Attributes }));
    return json(`{"Instances":${JSON.stringify(list)},"InstancesRevision":${revision}}`);
  }

  describe("the revision", () => {
    test("is asked for, and nothing else, while it stands still", async () => {
      const source = cloudMap();
      expect(told(await ask(source))).toEqual(["10.0.0.1:8080"]);
      expect(api.operations()).toEqual(["DiscoverInstances"]);
      await clock.advance(10_000);
      expect(told(await ask(source))).toEqual(["10.0.0.1:8080"]);
      expect(api.operations()).toEqual(["DiscoverInstancesRevision"]);
    });

    test.each([
      ["next", 1, 2],
      ["next, although as numbers both are the same", "71462688285136850", "71462688285136851"],
      ["lower, after the service was made anew", 9, 1],
    ])("is followed when it is the %s", async (_what, before, after) => {
      const source = cloudMap();
      revision = before;
      await ask(source);
      revision = after;
      instances = [one, two];
      await clock.advance(10_000);
      api.operations();
      expect(told(await ask(source))).toEqual(["10.0.0.1:8080", "10.0.0.2:8080"]);
      expect(api.operations()).toEqual(["DiscoverInstancesRevision", "DiscoverInstances"]);
    });

    test("does not show health, so that every minute everything is asked for", async () => {
      const source = cloudMap();
      await ask(source);
      await clock.advance(59_999);
      api.operations();
      await ask(source);
      expect(api.operations()).toEqual(["DiscoverInstancesRevision"]);
      await clock.advance(1);
      instances = [two];
      expect(told(await ask(source))).toEqual(["10.0.0.2:8080"]);
      expect(api.operations()).toEqual(["DiscoverInstances"]);
      await clock.advance(59_999);
      await ask(source);
      expect(api.operations()).toEqual(["DiscoverInstancesRevision"]);
    });

    test.each([
      ["forward, as after a freeze", 3_600_000],
      ["back", -1],
    ])("is not relied on when the clock jumped %s", async (_what, jump) => {
      const source = cloudMap();
      await ask(source);
      clock.jump(jump);
      api.operations();
      await ask(source);
      expect(api.operations()).toEqual(["DiscoverInstances"]);
    });

    test("is not asked for where the API tells none", async () => {
      const source = cloudMap();
      api.reply = () => json(JSON.stringify({ Instances: [{ Attributes: one }] }));
      await ask(source);
      await ask(source);
      expect(api.operations()).toEqual(["DiscoverInstances", "DiscoverInstances"]);
    });

    test("is asked for once where it may not be, and instances are from then on", async () => {
      const source = cloudMap();
      await ask(source);
      api.operations();
      api.reply = (call) =>
        call.operation === "DiscoverInstances" ? scripted(call) : awsError("AccessDeniedException");
      for (const _ of [1, 2, 3]) expect(told(await ask(source))).toEqual(["10.0.0.1:8080"]);
      expect(api.operations()).toEqual([
        "DiscoverInstancesRevision",
        "DiscoverInstances",
        "DiscoverInstances",
        "DiscoverInstances",
      ]);
    });

    test("over quota is one call and no answer, and leaves what is known", async () => {
      const source = cloudMap();
      await ask(source);
      api.operations();
      api.reply = () => awsError("RequestLimitExceeded");
      expect(await ask(source)).toMatchObject({ kind: "unavailable", scope: "source" });
      expect(api.operations()).toEqual(["DiscoverInstancesRevision"]);
      api.reply = scripted;
      expect(told(await ask(source))).toEqual(["10.0.0.1:8080"]);
      expect(api.operations()).toEqual(["DiscoverInstancesRevision"]);
    });

    test("of a service that is gone ends what was known of it", async () => {
      const source = cloudMap();
      await ask(source);
      api.reply = () => awsError("ServiceNotFound");
      expect(await ask(source)).toMatchObject({ kind: "notFound" });
      api.operations();
      api.reply = scripted;
      await ask(source);
      expect(api.operations()).toEqual(["DiscoverInstances"]);
    });

    test("belongs to one service, also when two are asked for at the same time", async () => {
      const source = cloudMap();
      api.reply = ({ body }) => discovered([body.ServiceName === "orders" ? one : two]);
      const both = () => Promise.all([ask(source), ask(source, { key: "users" })]);
      expect((await both()).map(told)).toEqual([["10.0.0.1:8080"], ["10.0.0.2:8080"]]);
      api.reply = ({ operation, body }) =>
        operation === "DiscoverInstances"
          ? discovered([two], 2)
          : revised(body.ServiceName === "orders" ? 2 : 1);
      api.operations();
      expect((await both()).map(told)).toEqual([["10.0.0.2:8080"], ["10.0.0.2:8080"]]);
      expect(api.operations().sort()).toEqual([
        "DiscoverInstances",
        "DiscoverInstancesRevision",
        "DiscoverInstancesRevision",
      ]);
    });
  });

  describe("an answer", () => {
    test("is fresh for ten seconds", async () => {
      expect(await ask(cloudMap())).toEqual({
        kind: "endpoints",
        endpoints: [{ address: "10.0.0.1", port: 8080, id: "i0" }],
        ttl: 10_000,
      });
    });

    test("of a service without instances is empty", async () => {
      instances = [];
      expect(await ask(cloudMap())).toEqual({ kind: "empty", detail: "the service has no instance" });
    });

    test("of instances without an address is empty", async () => {
      instances = [{ AWS_EC2_INSTANCE_ID: "i-0123" }, { AWS_INSTANCE_IPV4: "nowhere" }];
      const detail = "none of the service's 2 instances has an address that can be called";
      expect(await ask(cloudMap())).toEqual({ kind: "empty", detail });
    });
  });

  describe("instances that are host names", () => {
    const balancer = { AWS_ALIAS_DNS_NAME: "lb.test", AVAILABILITY_ZONE: "eu-west-1a" };
    const database = { AWS_INSTANCE_CNAME: "db.test", AWS_INSTANCE_PORT: "5432" };

    test("become the addresses behind them, each time anew", async () => {
      instances = [one, balancer];
      let address = "10.0.1.1";
      const source = cloudMap({
        resolveHost: async () => ({ addresses: [address, "10.0.1.9"], ttl: 60_000 }),
      });
      expect(await ask(source)).toMatchObject({
        endpoints: [
          { address: "10.0.0.1", port: 8080, id: "i0" },
          { address: "10.0.1.1", zone: "eu-west-1a" },
          { address: "10.0.1.9", zone: "eu-west-1a" },
        ],
        ttl: 10_000,
      });
      address = "10.0.1.2";
      api.operations();
      expect(told(await ask(source))).toEqual(["10.0.0.1:8080", "10.0.1.2", "10.0.1.9"]);
      expect(api.operations()).toEqual(["DiscoverInstancesRevision"]);
    });

    test("live no longer than DNS says", async () => {
      instances = [balancer, database];
      const source = cloudMap({
        resolveHost: async (name) => ({ addresses: ["10.0.1.1"], ttl: name === "lb.test" ? 9_000 : 3_000 }),
      });
      expect(await ask(source)).toMatchObject({ ttl: 3_000 });
      expect(told(await ask(source))).toEqual(["10.0.1.1", "10.0.1.1:5432"]);
    });

    test("are waited for together, as long as for one, and the others are not lost meanwhile", async () => {
      instances = [one, ...Array.from({ length: 100 }, (_, n) => ({ AWS_INSTANCE_CNAME: `db${n}.test` }))];
      const resolveHost: CloudMapOptions["resolveHost"] = (_name, signal) =>
        new Promise((_resolve, reject) => {
          if (signal.aborted) reject(signal.reason);
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      const asked = ask(cloudMap({ resolveHost }));
      await expect.poll(() => clock.pending).toBe(1);
      await clock.advance(2_000);
      expect(told(await asked)).toEqual(["10.0.0.1:8080"]);
      expect(clock.pending).toBe(0);
    });

    test("are left out where DNS does not know them, while there are others", async () => {
      instances = [one, balancer];
      expect(await ask(cloudMap())).toMatchObject({ endpoints: [{ address: "10.0.0.1" }], ttl: 10_000 });
    });

    test("are this service's trouble where DNS knows none of them", async () => {
      instances = [balancer];
      const detail = "A lb.test: NXDOMAIN";
      expect(await ask(cloudMap())).toEqual({ kind: "unavailable", scope: "service", detail });
    });
  });

  test("nothing is asked without a namespace", async () => {
    const query = { scheme: "http", origin: "http://orders", service: { key: "orders" } } as never;
    const answer = await cloudMap().lookup(query, new AbortController().signal);
    expect(answer).toEqual({ kind: "notMine", detail: 'no namespace for "orders"' });
    expect(api.calls).toEqual([]);
  });
});

describe("without a region", () => {
  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
    vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  });
  afterEach(() => vi.unstubAllEnvs());

  test("there is no API to ask", async () => {
    const answer = await ask(cloudMap({ env: { ...env, AWS_REGION: undefined } }));
    expect(answer).toEqual({ kind: "notMine", detail: "no AWS region; set AWS_REGION" });
  });

  test("in ECS it is the task's", async () => {
    const task = { TaskARN: "arn:aws:ecs:eu-south-2:111122223333:task/main/0123" };
    await using server = await loopback(({ method }, response) => {
      response.end(JSON.stringify(method === "GET" ? task : { Instances: [{ Attributes: one }] }));
    });
    const url = `http://127.0.0.1:${server.port}`;
    const inTask = { ...env, AWS_REGION: undefined, ECS_CONTAINER_METADATA_URI_V4: `${url}/v4/0123` };
    const runtimeRegion = async () => (await readPlacement(inTask, { clock }))?.region;
    expect(told(await ask(cloudMap({ env: inTask, endpoint: url, runtimeRegion })))).toEqual([
      "10.0.0.1:8080",
    ]);
    expect(server.seen.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "GET /v4/0123/task",
      "POST /",
    ]);
    expect(server.seen[1]!.headers.authorization).toContain("/eu-south-2/servicediscovery/");
  });
});

describe("over a real connection", () => {
  let server: Loopback;
  let handle: Handle;
  beforeEach(async () => {
    server = await loopback((request, response) => handle(request, response));
  });
  afterEach(() => server.close());

  const there = () => cloudMap({ endpoint: `http://127.0.0.1:${server.port}` });
  const whole: Handle = (_request, response) =>
    response.end(JSON.stringify({ Instances: [{ Attributes: one }] }));
  const half: Handle = (_request, response) => {
    response.writeHead(200, { "content-length": 1_000 });
    response.write('{"Instances":');
  };

  const broken: Handle = (request, response) => {
    half(request, response);
    setImmediate(() => request.socket.destroy());
  };

  test("to a port where nobody listens, the answer tells so", async () => {
    const endpoint = `http://127.0.0.1:${await deafPort()}`;
    expect(await ask(cloudMap({ endpoint }))).toEqual({
      kind: "unavailable",
      scope: "source",
      detail: "the API could not be asked (ECONNREFUSED)",
    });
  });

  test.each<[string, Handle]>([
    ["before the answer", (request) => request.socket.destroy()],
    ["within the answer", broken],
  ])("that breaks %s, a second attempt is made", async (_what, breaks) => {
    handle = (request, response) => (server.seen.length === 1 ? breaks : whole)(request, response);
    expect(told(await ask(there()))).toEqual(["10.0.0.1:8080"]);
    expect(server.seen).toHaveLength(2);
  });

  test("that stalls within the answer, a second attempt is made after two seconds", async () => {
    handle = (request, response) => (server.seen.length === 1 ? half : whole)(request, response);
    expect(told(await ask(there()))).toEqual(["10.0.0.1:8080"]);
    expect(server.seen).toHaveLength(2);
  });

  test("that breaks again, the answer tells so", async () => {
    handle = (request) => request.socket.destroy();
    expect(await ask(there())).toMatchObject({ detail: "the API could not be asked (ECONNRESET)" });
    expect(server.seen).toHaveLength(2);
  });

  test("to an endpoint that stays silent, each of two attempts has two seconds", async () => {
    handle = () => {};
    const source = there();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const answer = ask(source);
      await server.asked(1);
      await vi.advanceTimersByTimeAsync(2_000);
      await server.asked(2);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await answer).toEqual({
        kind: "unavailable",
        scope: "source",
        detail: expect.stringMatching(/^no answer in time \(\w+\); a subnet without a way to the internet/),
      });
    } finally {
      vi.useRealTimers();
    }
    await server.deserted();
  });

  test.each<[string, Handle]>([
    ["before the answer", () => {}],
    ["within the answer", half],
  ])("a lookup that nobody waits for ends %s", async (_what, reply) => {
    handle = reply;
    const stop = new AbortController();
    const answer = ask(there(), {}, stop.signal);
    await server.asked(1);
    stop.abort();
    expect(await answer).toMatchObject({ kind: "unavailable" });
    await server.deserted();
    expect(server.seen).toHaveLength(1);
  });

  test("the end of one lookup is not the end of another", async () => {
    const answers: (() => void)[] = [];
    handle = (request, response) => answers.push(() => whole(request, response));
    const source = there();
    const stop = new AbortController();
    const first = ask(source, {}, stop.signal);
    await server.asked(1);
    const second = ask(source, { key: "users" });
    await server.asked(2);
    stop.abort();
    await first;
    answers[1]!();
    expect(told(await second)).toEqual(["10.0.0.1:8080"]);
  });

  test("close leaves no connection", async () => {
    handle = whole;
    const source = there();
    await ask(source);
    expect(server.open.size).toBe(1);
    await source.close!();
    await server.deserted();
  });

  test("close during a lookup ends it", async () => {
    handle = () => {};
    const source = there();
    const answer = ask(source);
    await server.asked(1);
    await source.close!();
    expect(await answer).toMatchObject({ kind: "unavailable" });
    await server.deserted();
    expect(server.seen).toHaveLength(1);
  });

  test("a process ends while its connection is still kept alive", async () => {
    handle = whole;
    // For ever, as far as the server is concerned.
    (server.server as HttpServer).keepAliveTimeout = 0;
    const script = `
      import { cloudMapSource } from ${JSON.stringify(new URL("./cloud-map.ts", import.meta.url).href)};
      import { systemClock } from ${JSON.stringify(new URL("../ground/clock.ts", import.meta.url).href)};
      const service = { key: "orders", discoveryName: "orders", httpName: "sd.local" };
      const source = cloudMapSource({ clock: systemClock, env: process.env, endpoint: process.argv[1] });
      const answer = await source.lookup({ service, scheme: "http", origin: "" }, new AbortController().signal);
      console.log(answer.kind);
    `;
    const child = spawn(
      process.execPath,
      ["--input-type=module-typescript", "-e", script, `http://127.0.0.1:${server.port}`],
      { env: { ...process.env, ...env } },
    );
    const [[code], output] = await Promise.all([once(child, "exit"), text(child.stdout)]);
    expect([code, output]).toEqual([0, "endpoints\n"]);
  });
});

describe("with the emulator of Cloud Map", () => {
  const account = "111122223333";

  async function emulator(throttle?: Throttle) {
    const registry = new Registry({ region: "eu-west-1", account, propagationDelay: 0, healthDelay: 0 });
    const { namespace } = registry.createNamespace({ name: "sd.local", type: "HTTP" });
    const service = registry.createService({ name: "orders", namespaceId: namespace.id, healthCheck: true });
    const api = await startApi(registry, throttle);
    const source = cloudMap({ endpoint: api.url });
    const operations = () => {
      const names = api.requests.map(({ operation }) => operation);
      api.forget();
      return names;
    };
    return { registry, service, source, api, operations, [Symbol.asyncDispose]: () => api.stop() };
  }

  test("registrations and deregistrations are seen at the next lookup", async () => {
    await using local = await emulator();
    const { registry, service, source, operations } = local;
    expect(await ask(source)).toMatchObject({ kind: "empty" });
    registry.register(service.id, "t1", one);
    expect(told(await ask(source))).toEqual(["10.0.0.1:8080"]);
    operations();
    expect(told(await ask(source))).toEqual(["10.0.0.1:8080"]);
    expect(operations()).toEqual(["DiscoverInstancesRevision"]);
    registry.register(service.id, "t2", two);
    expect(told(await ask(source)).sort()).toEqual(["10.0.0.1:8080", "10.0.0.2:8080"]);
    registry.deregister(service.id, "t1");
    registry.deregister(service.id, "t2");
    expect(await ask(source)).toEqual({ kind: "empty", detail: "the service has no instance" });
  });

  test("health is seen within a minute, and all are used where none is healthy", async () => {
    await using local = await emulator();
    const { registry, service, source } = local;
    registry.register(service.id, "t1", one);
    registry.register(service.id, "t2", two);
    await ask(source);
    await registry.setHealth(service.id, "t1", "UNHEALTHY");
    expect(told(await ask(source))).toHaveLength(2);
    await clock.advance(60_000);
    expect(told(await ask(source))).toEqual(["10.0.0.2:8080"]);
    await registry.setHealth(service.id, "t2", "UNHEALTHY");
    await clock.advance(60_000);
    expect(told(await ask(source))).toHaveLength(2);
  });

  test("a thousand instances come with one call", async () => {
    await using local = await emulator();
    const { registry, service, source, operations } = local;
    for (let task = 0; task < 1_000; task += 1) {
      const address = `10.0.${task >> 8}.${task & 255}`;
      registry.register(service.id, `t${task}`, { AWS_INSTANCE_IPV4: address });
    }
    expect(new Set(told(await ask(source))).size).toBe(1_000);
    expect(operations()).toEqual(["DiscoverInstances"]);
  });

  test("unknown names are not found, and each is told for what it is", async () => {
    await using local = await emulator();
    const { source } = local;
    expect(await ask(source, { key: "users" })).toMatchObject({
      kind: "notFound",
      detail: expect.stringContaining('no service "users"'),
    });
    expect(await ask(source, { namespace: "other.local" })).toMatchObject({
      kind: "notFound",
      detail: expect.stringContaining('no namespace "other.local"'),
    });
  });

  test("a shared namespace needs its owner", async () => {
    await using local = await emulator();
    const { registry, source } = local;
    const owner = "444455556666";
    const { namespace } = registry.createNamespace({ name: "shared.local", type: "HTTP", owner });
    const shared = registry.createService({ name: "users", namespaceId: namespace.id, healthCheck: false });
    registry.register(shared.id, "t1", one);
    const users = { key: "users", namespace: "shared.local" };
    expect(await ask(source, users)).toMatchObject({ kind: "notFound" });
    expect(told(await ask(source, { ...users, ownerAccount: owner }))).toEqual(["10.0.0.1:8080"]);
  });

  test("attributes narrow the list", async () => {
    await using local = await emulator();
    const { registry, service, source } = local;
    registry.register(service.id, "t1", { ...one, stage: "blue" });
    registry.register(service.id, "t2", { ...two, stage: "green" });
    expect(told(await ask(source, { queryParameters: { stage: "green" } }))).toEqual(["10.0.0.2:8080"]);
  });

  test("a quota that is used up is asked of once", async () => {
    const none = new Throttle({ DiscoverInstances: { rate: 0, burst: 0 } }, () => 0);
    await using local = await emulator(none);
    expect(await ask(local.source)).toMatchObject({ kind: "unavailable", scope: "source" });
    expect(local.operations()).toEqual(["DiscoverInstances"]);
  });

  test("half an answer is asked for again", async () => {
    await using local = await emulator();
    const { registry, service, source, api, operations } = local;
    registry.register(service.id, "t1", one);
    api.fault({ half: true, times: 1 });
    expect(told(await ask(source))).toEqual(["10.0.0.1:8080"]);
    expect(operations()).toEqual(["DiscoverInstances", "DiscoverInstances"]);
  });
});
