import { execFile } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { freePort, startBackend } from "../../../test/support/backend.ts";
import { type Local, openLocal, startLocal } from "./local.ts";
import type { LocalOptions } from "./options.ts";
import { after } from "./part.ts";
import { detectMode } from "./proxy/addresses.ts";

const run = promisify(execFile);
/** For what a busy machine takes its time for. */
const patience = { timeout: 10_000 };
/** How many sockets of this process are listening. */
const servers = () => process.getActiveResourcesInfo().filter((name) => /Server|UDP/.test(name)).length;
let local: Local | undefined;

afterEach(async () => {
  await local?.close();
  local = undefined;
});

async function start(options: LocalOptions = {}): Promise<Local> {
  local = await startLocal(options);
  return local;
}

/** Runs a module's text in a process of its own that has only this environment. */
async function runChild(text: string, env: Record<string, string>): Promise<unknown> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", text], {
    cwd: dirname(fileURLToPath(import.meta.url)),
    env,
  });
  return JSON.parse(stdout);
}

describe("the environment", { timeout: 60_000 }, () => {
  it("is all that the AWS SDK needs in another process", async () => {
    const here = await start({ services: { orders: { instances: [{ id: "one", port: 3000 }] } } });
    const found = await runChild(
      `import { DiscoverInstancesCommand, ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
       const client = new ServiceDiscoveryClient({ disableHostPrefix: true });
       const names = { NamespaceName: process.env.BYNAME_NAMESPACE, ServiceName: "orders" };
       const { Instances } = await client.send(new DiscoverInstancesCommand(names));
       console.log(JSON.stringify(Instances.map(({ InstanceId }) => InstanceId)));`,
      here.env("host"),
    );
    expect(found).toEqual(["one"]);
  });

  it("names a DNS server that Node's resolver takes", async () => {
    const here = await start({
      services: { orders: { dns: { records: ["A"] }, instances: [{ address: "10.0.0.1" }] } },
    });
    const found = await runChild(
      `import { Resolver } from "node:dns/promises";
       const resolver = new Resolver();
       resolver.setServers(process.env.BYNAME_DNS_SERVERS.split(","));
       console.log(JSON.stringify(await resolver.resolve4("orders.sd.local")));`,
      here.env(),
    );
    expect(found).toEqual(["10.0.0.1"]);
    expect(here.dns.requests).toHaveLength(1);
  });

  it("has the aliases for a task only", async () => {
    const port = await freePort();
    const here = await start({ services: { orders: { serviceConnect: { port } } } });
    expect(here.env().BYNAME_HOSTS_FILE).toBe(here.hostsFile);
    expect(readFileSync(here.hostsFile, "utf8")).toContain(" orders\n");
    for (const place of ["lambda", "host"] as const) {
      const text = readFileSync(here.env(place).BYNAME_HOSTS_FILE!, "utf8");
      expect(text).toContain("127.0.0.1 localhost");
      expect(text).not.toContain("orders");
    }
  });

  it("tells the runtimes apart by AWS's own variables", async () => {
    const here = await start();
    expect(Object.keys(here.env("ecs"))).toContain("ECS_CONTAINER_METADATA_URI_V4");
    expect(Object.keys(here.env("lambda"))).toContain("AWS_LAMBDA_FUNCTION_NAME");
    expect(Object.keys(here.env("host")).filter((name) => /ECS|LAMBDA/.test(name))).toEqual([]);
  });

  it("has keys that can be taken for nothing else", async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = (await start()).env();
    expect([AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY]).toEqual(["byname-local", "byname-local"]);
  });

  it("refuses a place it does not know, and a mistyped wish", async () => {
    const here = await start();
    expect(() => here.env("ec2" as "ecs")).toThrow('env: got "ec2"; write one of "ecs", "lambda", "host"');
    expect(() => here.env("ecs", { zon: "a" } as object)).toThrow(/env\.zon/);
    expect(() => here.env("ecs", { zone: 1 as unknown as string })).toThrow(/env\.zone: got 1/);
  });
});

describe("services and instances", () => {
  it("come and go while it runs", async () => {
    await using backend = await startBackend("hello");
    const here = await start();
    await here.addService("orders", { dns: { records: ["A"] }, serviceConnect: { port: await freePort() } });
    await here.register("orders", { port: backend.port });
    await here.deploy();
    const { address, port } = here.proxy.aliases[0]!;
    expect(await (await fetch(`http://${address}:${port}`)).text()).toBe("hello");
  });

  it("leave nothing behind where one of their instances is refused", async () => {
    const here = await start();
    const instances = [{ port: 1 }, { port: 2, attributes: { AWS_INSTANCE_IPV4: "nowhere" } }];
    await expect(here.addService("orders", { instances })).rejects.toThrow(
      /services\.orders\.instances\[1\]: Cloud Map refuses it \(InvalidInput\): AWS_INSTANCE_IPV4 "nowhere"/,
    );
    await here.addService("orders", { instances: [{ port: 1 }] });
  });

  it("are found by their key, or by the name they were given through the API", async () => {
    const here = await start({ services: { orders: {} } });
    await expect(here.register("oders", { port: 1 })).rejects.toThrow(
      'register: got "oders"; write one of orders',
    );
    await expect(here.addService("orders")).rejects.toThrow(/another key/);
  });

  it("share one alias by port where their keys have one", async () => {
    const [one, two] = [await freePort(), await freePort()];
    const here = await start({
      services: {
        metrics: { serviceConnect: { port: one } },
        "metrics:6334": { discoveryName: "metrics-admin", serviceConnect: { port: two } },
      },
    });
    expect(here.proxy.aliases.map(({ alias }) => alias)).toEqual(["metrics", "metrics"]);
    expect(new Set(here.proxy.aliases.map(({ address }) => address)).size).toBe(1);
  });

  it("have health only with a health check", async () => {
    const here = await start({ services: { orders: { instances: [{ port: 1 }] } } });
    await expect(here.register("orders", { port: 2, health: "UNHEALTHY" })).rejects.toThrow(
      /healthCheck: true/,
    );
    const one = await here.register("orders", { port: 2 });
    await expect(one.setHealth("UNHEALTHY")).rejects.toThrow(/no custom health check/);
  });

  it("go once: deregistering twice is told", async () => {
    const here = await start({ services: { orders: {} } });
    const one = await here.register("orders", { port: 2 });
    await one.deregister();
    await expect(one.deregister()).rejects.toThrow(/No instance exists/);
  });
});

describe("a served task", () => {
  const text = async (port: number) => (await fetch(`http://127.0.0.1:${port}/`)).text();

  it("answers with its text, or as it likes, and is registered where it listens", async () => {
    const here = await start({ services: { orders: {} } });
    const one = await here.serve("orders", "one", { id: "one", zone: "eu-west-1a" });
    const two = await here.serve("orders", ({ url }, response) => response.end(`two ${url}`));
    expect(await Promise.all([text(one.port), text(two.port)])).toEqual(["one", "two /"]);
    expect(one.id).toBe("one");
    const resolver = new Resolver();
    resolver.setServers([here.dns.address]);
    const records = await resolver.resolveSrv("orders.sd.local");
    expect(new Set(records.map(({ port }) => port))).toEqual(new Set([one.port, two.port]));
  });

  it("dies and comes back while its registration stays", async () => {
    const here = await start({ services: { orders: {} } });
    const { port, stop, start: comeBack } = await here.serve("orders", "here");
    await stop();
    await expect(text(port)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    const resolver = new Resolver();
    resolver.setServers([here.dns.address]);
    expect(await resolver.resolveSrv("orders.sd.local")).toMatchObject([{ port }]);
    await comeBack();
    expect(await text(port)).toBe("here");
  });

  it("listens where its instance says, and ends with Local", async () => {
    const port = await freePort();
    const here = await startLocal({ services: { orders: {} } });
    const task = await here.serve("orders", "here", { port });
    expect(await text(port)).toBe("here");
    await here.close();
    await expect(task.start()).rejects.toThrow(/start: this Local is closed/);
    await expect(text(port)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    await expect(here.serve("orders", "here")).rejects.toThrow(/serve: this Local is closed/);
  });

  it("does not stay where its service is not known", async () => {
    const port = await freePort();
    const here = await start({ services: { orders: {} } });
    await expect(here.serve("oders", "here", { port })).rejects.toThrow(/got "oders"; write one of orders/);
    await expect(text(port)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
  });

  it.each<[string, unknown, RegExp]>([
    ["every address of this machine", { address: "0.0.0.0" }, /address: got "0\.0\.0\.0"; write a loopback/],
    ["every address of IPv6", { address: "::" }, /address: got "::"; write a loopback/],
    ["an address of the network", { address: "192.0.2.1" }, /address: got "192\.0\.2\.1"; write a loopback/],
    ["a name", { address: "example.com" }, /address: got "example\.com"; write "127/],
    ["a port that is none", { port: 99_999 }, /port: got 99999; write a whole number/],
    ["nothing for the instance", null, /serve\("orders"\): got null; write an object/],
  ])("does not listen for %s", async (_what, instance, message) => {
    const here = await start({ services: { orders: {} } });
    await expect(here.serve("orders", "here", instance as object)).rejects.toThrow(message);
  });

  it("may have another loopback address", async () => {
    const here = await start({ services: { orders: {} } });
    const { port } = await here.serve("orders", "here", { address: "127.0.0.2" });
    expect(await (await fetch(`http://127.0.0.2:${port}/`)).text()).toBe("here");
  });

  it("does not outlive Local where it was only just beginning or coming back", async () => {
    const [one, two] = [await freePort(), await freePort()];
    const here = await start({ services: { orders: {} } });
    const task = await here.serve("orders", "here", { port: one });
    await task.stop();
    const ends = Promise.allSettled([task.start(), here.serve("orders", "here", { port: two })]);
    await here.close();
    const message = "serve: this Local is closed; start another one";
    expect(await ends).toMatchObject([{ status: "fulfilled" }, { reason: { message } }]);
    for (const port of [one, two]) {
      await expect(text(port)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    }
  });

  it("is refused without an answer", async () => {
    const here = await start({ services: { orders: {} } });
    const nothing = undefined as unknown as string;
    await expect(here.serve("orders", nothing)).rejects.toThrow(/serve: got undefined; write a text/);
  });
});

describe("options", () => {
  it.each<[string, object, RegExp]>([
    ["a mistyped option", { serivces: {} }, /options\.serivces: got \{\}; write one of namespace, services/],
    ["a list for the services", { services: [] }, /services: got \[\]; write an object/],
    ["a region that is none", { region: "Ireland" }, /region: got "Ireland"; write a region such as/],
    ["an account as a number", { account: 111122223333 }, /account: got 111122223333; write an account id/],
    ["a negative delay", { propagationDelay: -1 }, /propagationDelay: got -1; write a whole number/],
    ["throttling of nothing", { throttle: { Discover: {} } }, /throttle\.Discover: .*DiscoverInstances/],
    ["half a bucket", { throttle: { DiscoverInstances: { rate: 1 } } }, /throttle\.DiscoverInstances\.burst/],
    ["a key with a path", { services: { "a:b": {} } }, /services: got "a:b"; write keys such as/],
    ["a mistyped service option", { services: { a: { instance: [] } } }, /services\.a\.instance: got/],
    [
      "a port that is none",
      { services: { a: { instances: [{ port: 0 }] } } },
      /services\.a\.instances\[0\]\.port/,
    ],
    [
      "an address that is none",
      { services: { a: { instances: [{ address: "x" }] } } },
      /instances\[0\]\.address/,
    ],
    [
      "a record type that is none",
      { services: { a: { dns: { records: ["MX"] } } } },
      /a\.dns\.records: got "MX"/,
    ],
    [
      "records that exclude each other",
      { services: { a: { dns: { records: ["A", "SRV"] } } } },
      /Cloud Map refuses/,
    ],
    [
      "records in an HTTP namespace",
      {
        services: { a: { namespace: { name: "x", type: "HTTP" }, dns: {} } },
      },
      /services\.a: Cloud Map refuses it \(InvalidInput\)/,
    ],
    [
      "an alias without a port",
      { services: { a: { serviceConnect: {} } } },
      /a\.serviceConnect\.port: got undefined/,
    ],
    [
      "an alias in capitals",
      { services: { A: { serviceConnect: { port: 80 } } } },
      /A\.serviceConnect\.alias: got "A"/,
    ],
    [
      "an alias that is no text",
      { services: { a: { serviceConnect: { port: 80, alias: 5 } } } },
      /alias: got 5/,
    ],
    [
      "an alias that is nothing",
      { services: { a: { serviceConnect: null } } },
      /a\.serviceConnect: got null/,
    ],
    [
      "a protocol that is none",
      {
        services: { a: { serviceConnect: { port: 80, protocol: "udp" } } },
      },
      /write one of "http", "http2", "grpc", "tcp"/,
    ],
    [
      "a service name that is none",
      { services: { a: { discoveryName: "-" } } },
      /Service name "-" is not valid/,
    ],
    [
      "two services of one name",
      { services: { a: {}, b: { discoveryName: "a" } } },
      /services\.b: .*ServiceAlreadyExists/,
    ],
    [
      "two words for one namespace",
      {
        services: {
          a: { namespace: { name: "x", soaTtl: 1 } },
          b: { namespace: { name: "x", soaTtl: 2 } },
        },
      },
      /services\.b\.namespace\.soaTtl: got 2; write 1, as another service has it/,
    ],
  ])("refuse %s", async (_what, options, message) => {
    await expect(startLocal(options)).rejects.toThrow(message);
  });

  it("make an HTTP namespace's services known to the API only", async () => {
    const here = await start({
      services: {
        orders: { namespace: { name: "shop", type: "HTTP" }, instances: [{ port: 1 }] },
        users: { namespace: "shop", instances: [{ port: 1 }] },
      },
    });
    expect(here.env().BYNAME_NAMESPACE).toBe("sd.local");
    await here.register("users", { address: "10.0.0.1" });
  });
});

describe.each(["api", "dns", "proxy", "metadata"] as const)("the part %s", (name) => {
  /** Connects over TCP, as each of the four can be reached. */
  async function connect(here: Local): Promise<void> {
    const alias = here.proxy.aliases[0]!;
    const address = name === "proxy" ? `${alias.address}:${alias.port}` : here[name].address;
    const { hostname, port } = new URL(`tcp://${address}`);
    const socket = createConnection(Number(port), hostname);
    await once(socket, "connect").finally(() => socket.destroy());
  }
  const startWithAlias = async () =>
    start({ services: { orders: { serviceConnect: { port: await freePort() } } } });

  it("starts once for two who start it at the same time", async () => {
    const here = await startWithAlias();
    await here[name].stop();
    await Promise.all([here[name].start(), here[name].start()]);
    await connect(here);
    await here[name].stop();
    await expect(connect(here)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("is stopped where the last word was stop, also while it was starting", async () => {
    const here = await startWithAlias();
    await here[name].stop();
    const starting = here[name].start();
    await here[name].stop();
    await starting;
    await expect(connect(here)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("does not outlive Local where it was just starting", async () => {
    const here = await startWithAlias();
    await here[name].stop();
    const starting = here[name].start();
    await here.close();
    await starting;
    await expect(connect(here)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("does not start again once Local is closed", async () => {
    const here = await startWithAlias();
    const closing = here.close();
    const told = `${name}.start: this Local is closed; start another one`;
    await expect(here[name].start()).rejects.toThrow(told);
    await closing;
    await expect(here[name].start()).rejects.toThrow(told);
    await expect(connect(here)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe.each([...new Set([await detectMode(), "loopback"] as const)])(
  "a deployment under way (%s)",
  (mode) => {
    /** The API's, the metadata's and the two of DNS. */
    const socketsOfOthers = 4;
    const begin = async () => {
      const services = { orders: { serviceConnect: { port: await freePort() } } };
      local = await openLocal({ services }, mode);
      for (const key of ["products", "users"])
        await local.addService(key, { serviceConnect: { port: await freePort() } });
      return local;
    };
    /** A deployment takes some ticks; this many of them pass. */
    const pass = async (ticks: number) => {
      for (let at = 0; at < ticks; at++) await new Promise<void>((resolve) => process.nextTick(resolve));
    };
    const moments = [0, 1, 2, 4, 8];

    it.each(moments)("leaves nothing behind where Local is closed after %i ticks", async (ticks) => {
      const here = await begin();
      const ended = Promise.allSettled([here.deploy()]);
      await pass(ticks);
      await Promise.all([here.close(), ended]);
      await expect.poll(servers, patience).toBe(0);
      expect(existsSync(dirname(here.hostsFile))).toBe(false);
      const [{ reason }] = (await ended) as [Partial<PromiseRejectedResult>];
      if (reason) expect(reason.message).toBe("deploy: this Local is closed; start another one");
    });

    it.each(moments)("has no listener open where the proxy is stopped after %i ticks", async (ticks) => {
      const here = await begin();
      const ended = Promise.allSettled([here.deploy()]);
      await pass(ticks);
      await Promise.all([here.proxy.stop(), ended]);
      await expect.poll(servers, patience).toBe(socketsOfOthers);
      const [{ reason }] = (await ended) as [Partial<PromiseRejectedResult>];
      if (reason) expect(reason.message).toBe("deploy: the proxy is stopped; call proxy.start() first");
      await here.proxy.start();
      await here.deploy();
      expect(here.proxy.aliases).toHaveLength(3);
    });

    it("is followed by the next one", async () => {
      const here = await begin();
      const files = await Promise.all([here.deploy(), here.deploy()]);
      expect(new Set(files).size).toBe(2);
      expect(here.hostsFile).toBe(files[1]);
      expect(here.proxy.aliases).toHaveLength(3);
    });
  },
);

describe("the end", () => {
  it("frees every address, removes the hosts files and may come twice", async () => {
    const port = await freePort();
    const here = await startLocal({ services: { orders: { serviceConnect: { port } } } });
    const { address } = here.proxy.aliases[0]!;
    await here.close();
    await here.close();
    for (const url of [here.api.url, `http://${here.metadata.address}`, `http://${address}:${port}`]) {
      await expect(fetch(url)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    }
    expect(existsSync(dirname(here.hostsFile))).toBe(false);
    await expect(here.register("orders", { port: 1 })).rejects.toThrow(/is closed/);
    await expect(here.deploy()).rejects.toThrow(/is closed/);
  });

  it("comes by itself with `await using`", async () => {
    let url: string;
    {
      await using here = await startLocal();
      url = here.api.url;
      expect((await fetch(url, { method: "POST" })).status).toBe(403);
    }
    await expect(fetch(url)).rejects.toThrow();
  });

  it.each([{ propagationDelay: 3_600_000 }, { healthDelay: 3_600_000 }])(
    "lets go of who waits for a change under way, with %o",
    async (slow) => {
      const here = await startLocal({ services: { orders: { healthCheck: true } }, ...slow });
      const registration = here.register("orders", { port: 1 });
      const change = "healthDelay" in slow ? (await registration).setHealth("UNHEALTHY") : registration;
      await here.close();
      await change;
    },
  );

  it("is quiet while answers are held back", async () => {
    const here = await startLocal({ services: { orders: { serviceConnect: { port: await freePort() } } } });
    const parts = [here.api, here.dns, here.proxy, here.metadata];
    const faults = parts.map((part) => part.fault({ delay: 1_000 }));
    const { address, port } = here.proxy.aliases[0]!;
    const resolver = new Resolver();
    resolver.setServers([here.dns.address]);
    const urls = [here.api.url, `http://${address}:${port}`, `http://${here.metadata.address}`];
    const calls = [
      ...urls.map((url) => fetch(url, { method: "POST" })),
      resolver.resolve4("orders.sd.local"),
    ];
    const ends = Promise.allSettled(calls);
    await expect.poll(() => faults.map(({ hits }) => hits > 0), patience).toEqual([true, true, true, true]);
    await here.close();
    // Past the moment at which the answers would have gone out.
    await after(1_100);
    resolver.cancel();
    await ends;
  });

  it("leaves nothing open where the start fails", async () => {
    await using other = await startBackend();
    const services = { orders: { serviceConnect: { port: other.port } } };
    const before = servers();
    await expect(openLocal({ services }, "loopback")).rejects.toThrow(/something listens there/);
    expect(servers()).toBe(before);
  });

  it("of every fault comes with mend", async () => {
    const here = await start();
    here.api.fault({ error: "Nope" });
    here.metadata.fault({ error: 500 });
    here.mend();
    expect((await fetch(here.env().ECS_CONTAINER_METADATA_URI_V4!)).status).toBe(200);
  });
});
