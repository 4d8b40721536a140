import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Local, type LocalOptions, startLocal } from "../../packages/local/src/index.ts";
import { startBackend } from "../support/backend.ts";
import { blackHole } from "../support/black-hole.ts";
import { deafPort } from "../support/loopback.ts";
import { configFile, type Env, printedHere, run, runJson } from "./command.ts";

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly service?: string;
  readonly title: string;
  readonly evidence: readonly string[];
  readonly means?: string;
  readonly changes?: readonly { readonly what: string; readonly cli?: string; readonly terraform?: string }[];
}

let local: Local;
let task: Awaited<ReturnType<typeof startBackend>>;
const closing: AsyncDisposable[] = [];

beforeEach(async () => {
  task = await startBackend();
});

afterEach(async () => {
  for (const one of closing.splice(0)) await one[Symbol.asyncDispose]();
  await local.close();
  await task.close();
});

/** Starts the AWS side with `orders`, which has one task that answers, and whatever else is wanted. */
async function account(services: LocalOptions["services"] = {}): Promise<void> {
  local = await startLocal({ services: { orders: { instances: [{ port: task.port }] }, ...services } });
}

interface Findings {
  readonly broken: boolean;
  readonly findings: readonly Finding[];
}

/** What the command finds. */
async function doctor(args: readonly string[] = ["orders"], env: Env = {}) {
  const { code, printed } = await printedHere<Findings>(["doctor", ...args], {
    ...local.env("host"),
    ...env,
  });
  return { code, ...printed };
}

/** What it finds in a process of its own. */
async function ownDoctor(env: Env = {}) {
  const { code, printed } = await runJson<Findings>(["doctor", "orders"], { ...local.env("host"), ...env });
  return { code, ...printed };
}

function of(findings: readonly Finding[], check: string): Finding[] {
  return findings.filter((one) => one.check === check);
}

/** The one finding of a check, which tells everything a finding has to tell. */
function only(findings: readonly Finding[], check: string): Finding {
  const found = of(findings, check);
  expect(found.map(({ title }) => title)).toHaveLength(1);
  return found[0]!;
}

function expectWhole(finding: Finding): void {
  expect(finding.evidence).not.toEqual([]);
  expect(finding.means).toBeTruthy();
  expect(finding.changes?.[0]?.what).toBeTruthy();
}

describe("doctor", { timeout: 60_000 }, () => {
  it("finds nothing to mend where all is well, and exits with 0", async () => {
    await account({
      orders: { namespace: { name: "sd.local", soaTtl: 15 }, instances: [{ port: task.port }] },
    });
    const { code, findings, broken } = await ownDoctor();
    expect([code, broken]).toEqual([0, false]);
    expect(findings.filter(({ verdict }) => ["wrong", "broken", "unseen"].includes(verdict))).toEqual([]);
    expect(only(findings, "endpoints").title).toBe("1 endpoint can be connected to");
  });

  it("never changes anything", async () => {
    await account({ users: {} });
    await doctor(["users"]);
    const operations = new Set(local.api.requests.map(({ operation }) => operation));
    expect([...operations].filter((name) => !/^(Discover|List|Get)/.test(name) && name !== "")).toEqual([]);
    expect(operations).toContain("DiscoverInstances");
  });

  it("goes through the whole catalog where no service is named, and says what the way out is", async () => {
    await account({ users: {} });
    await using file = await configFile({ services: { orders: {}, users: {} } });
    const { code, out } = await run(["doctor", "--config", file.path], local.env("host"));
    expect(code).toBe(1);
    expect(out).toContain("✓ orders: resolved by dns: 1 endpoint");
    expect(out).toContain("✗ users: cannot be resolved (BYNAME_NO_ENDPOINTS)");
    expect(out.trimEnd().split("\n").at(-1)).toBe("1 service cannot be called, 1 to mend");
    const tooLong = out
      .split("\n")
      .filter((line) => line.length > 80 && !/^\s+(\$|resource|Action|role|policy)/.test(line));
    expect(tooLong).toEqual([]);
  });

  it("takes the config file of the working directory", async () => {
    await account();
    await using file = await configFile({ services: { orders: {} } });
    const { code, out } = await run(
      ["doctor", "--verbose"],
      { ...local.env("host"), BYNAME_CONFIG: undefined },
      file.directory,
    );
    expect(code).toBe(0);
    expect(out.replace(/\s+/g, " ")).toContain(`settings from ${file.path} and the environment`);
  });

  it("says that an empty catalog shows nothing", async () => {
    await account();
    const { code, out } = await run(["doctor"], local.env("host"));
    expect(code).toBe(0);
    expect(out).toContain("the catalog is empty");
    expect(out).toContain("no service was looked at");
  });
});

describe("where am I", { timeout: 60_000 }, () => {
  it("reads a task's metadata", async () => {
    await account();
    const env = local.env("ecs", { service: "web", zone: "eu-west-1b", zoneId: "euw1-az3" });
    const { findings } = await doctor(["orders"], env);
    const [place] = of(findings, "place");
    expect(place!.title).toBe("this is a task of ECS");
    expect(place!.evidence).toContain("region eu-west-1, zone eu-west-1b");
    expect(place!.evidence).toContain("task of the ECS service web");
  });

  it("says that a function knows its zone by id only", async () => {
    await account();
    const { findings } = await doctor(["orders"], local.env("lambda", { zoneId: "euw1-az3" }));
    expectWhole(of(findings, "place").find(({ title }) => title.includes("by id only (euw1-az3)"))!);
  });

  it("says that the metadata endpoint is broken", async () => {
    await account();
    local.metadata.fault({ error: 500 });
    const { findings } = await doctor(["orders"], local.env("ecs"));
    expect(of(findings, "place")[0]!.evidence).toContain(
      "the metadata endpoint does not tell: it answers with status 500",
    );
  });

  it("misses the region", async () => {
    await account();
    const { findings } = await doctor(["orders"], { AWS_REGION: undefined });
    const missing = of(findings, "place").find(({ title }) => title === "no AWS region is known")!;
    expectWhole(missing);
    expect(missing.changes![0]!.terraform).toContain("AWS_REGION");
  });
});

describe("aliases", { timeout: 60_000 }, () => {
  it("finds the alias of a task, and says that what is behind the proxy cannot be seen", async () => {
    await account({ orders: { serviceConnect: { port: 8080 }, instances: [{ port: task.port }] } });
    await using file = await configFile({ services: { orders: { port: 8080 } } });
    const { code, findings } = await doctor(["orders", "--config", file.path], local.env("ecs"));
    expect([code, only(findings, "aliases").verdict]).toEqual([0, "good"]);
    expect(only(findings, "endpoints").verdict).toBe("unseen");
  });

  it("explains an alias that is newer than the deployment", async () => {
    await account({ orders: { serviceConnect: { port: 8080 } } });
    await local.addService("users", { serviceConnect: { port: 8081 }, instances: [{ port: task.port }] });
    const { findings } = await doctor(["users"], local.env("ecs"));
    const missing = only(findings, "aliases");
    expect([missing.verdict, missing.title]).toEqual([
      "wrong",
      'this task has Service Connect, and no alias "users"',
    ]);
    expect(missing.evidence[0]).toContain("which holds orders");
    expect(missing.changes![0]!.cli).toContain("--force-new-deployment");
    await local.deploy();
    const { findings: after } = await doctor(["users"], local.env("ecs"));
    expect(only(after, "aliases").verdict).toBe("good");
  });

  it("says why a function has none", async () => {
    await account();
    const { findings } = await doctor(["orders"], local.env("lambda"));
    expect(only(findings, "aliases").means).toContain(
      "a Lambda function cannot be a client of Service Connect",
    );
  });
});

describe("name servers", { timeout: 60_000 }, () => {
  it.each([
    ["nobody listens", (): unknown => local.dns.stop(), "ECONNREFUSED"],
    ["silence", () => local.dns.fault({ drop: true }), "no answer in time"],
    ["too many questions", () => local.dns.fault({ throttle: true }), "REFUSED"],
    ["a broken server", () => local.dns.fault({ error: "SERVFAIL" }), "SERVFAIL"],
  ])("tells %s", async (_what, makeFault, said) => {
    await account();
    await makeFault();
    const { code, findings } = await doctor();
    const deaf = only(findings, "name servers");
    expectWhole(deaf);
    expect([deaf.verdict, deaf.evidence[0]]).toEqual(["wrong", expect.stringContaining(said)]);
    expect(only(findings, "records")).toMatchObject({
      verdict: "wrong",
      title: "DNS could not be asked for it",
    });
    // The API has it, so nothing is broken.
    expect([code, only(findings, "resolution").title]).toEqual([0, "resolved by cloudMap: 1 endpoint"]);
  });

  it("notes that a server is not the VPC's", async () => {
    await account();
    const { findings } = await doctor();
    expect(only(findings, "name servers").evidence[0]).toMatch(/^127.* a server on this machine$/);
  });
});

describe("namespaces", { timeout: 60_000 }, () => {
  it("finds the HttpName of a namespace that looks right", async () => {
    const namespace = { name: "shop.local", httpName: "shop.local-x1y2" };
    await account({ users: { namespace, instances: [{ port: task.port }] } });
    const { findings } = await doctor(["users", "--namespace", "shop.local"]);
    const found = only(findings, "namespaces");
    expectWhole(found);
    expect([found.verdict, found.title]).toEqual([
      "wrong",
      'the API knows no "shop.local": its HttpName differs',
    ]);
    expect(found.changes![0]!.cli).toBe("export BYNAME_HTTP_NAME=shop.local-x1y2");
  });

  it("is content where the HttpName is set beside the name", async () => {
    const namespace = { name: "shop.local", httpName: "shop.local-x1y2" };
    await account({ users: { namespace, instances: [{ port: task.port }] } });
    const { findings } = await doctor(["users"], {
      BYNAME_NAMESPACE: "shop.local",
      BYNAME_HTTP_NAME: "shop.local-x1y2",
    });
    expect(of(findings, "namespaces").map(({ verdict }) => verdict)).toEqual(["good"]);
    expect(only(findings, "registered").title).toBe("1 instance can be called");
  });

  it("says that an HttpName is no name for DNS", async () => {
    const namespace = { name: "shop.local", httpName: "shop.local-x1y2" };
    await account({ users: { namespace, instances: [{ port: task.port }] } });
    const { code, findings } = await doctor(["users", "--namespace", "shop.local-x1y2"]);
    expect(only(findings, "namespaces").title).toContain('in DNS the namespace is called "shop.local"');
    expect([code, only(findings, "resolution").title]).toEqual([0, "resolved by cloudMap: 1 endpoint"]);
  });

  it("notes a twin", async () => {
    const twin = { name: "sd.local", httpName: "sd.local-x1y2" };
    await account({ users: { namespace: { ...twin, type: "HTTP" } } });
    const { findings } = await doctor();
    const found = of(findings, "namespaces").find(({ title }) => title.includes("more than one"))!;
    expect(found.evidence.join()).toContain("HttpName sd.local-x1y2");
  });

  it("says that an HTTP namespace has no DNS", async () => {
    await account({ users: { namespace: { name: "mesh", type: "HTTP" }, instances: [{ port: task.port }] } });
    const { code, findings } = await doctor(["users", "--namespace", "mesh"]);
    expect(only(findings, "namespaces").title).toBe('"mesh" is an HTTP namespace');
    expect([code, only(findings, "records").title]).toEqual([0, "DNS cannot have it"]);
  });

  it("names the one that was likely meant", async () => {
    await account();
    const { code, findings } = await doctor(["orders", "--namespace", "sd.locl"]);
    const found = only(findings, "namespaces");
    expectWhole(found);
    expect([code, found.title, found.evidence.at(-1)]).toEqual([
      1,
      'there is no namespace "sd.locl"',
      "similar: sd.local",
    ]);
  });

  it("takes neither an id nor an ARN for a name", async () => {
    await account();
    const { findings: listed } = await doctor();
    const id = /^(ns-\w+): /.exec(only(listed, "namespaces").evidence[0]!)![1]!;
    const { findings } = await doctor(["orders", "--namespace", id]);
    const found = only(findings, "namespaces");
    expectWhole(found);
    expect([found.title, found.changes![0]!.cli]).toEqual([
      `"${id}" is no name but the id of a namespace`,
      "export BYNAME_NAMESPACE=sd.local",
    ]);
  });

  it("says that it may not list them", async () => {
    await account();
    local.api.fault({ operation: "ListNamespaces", error: "AccessDeniedException" });
    const { code, findings } = await doctor();
    expect(code).toBe(0);
    expect(only(findings, "namespaces")).toMatchObject({ verdict: "unseen" });
    expect(only(findings, "negative caching")).toMatchObject({ verdict: "unseen" });
  });

  it("says what it means to have none", async () => {
    await account();
    const { code, findings } = await doctor(["orders"], { BYNAME_NAMESPACE: undefined });
    expect([code, only(findings, "namespaces").title]).toEqual([1, "no service has a namespace"]);
  });
});

describe("the api endpoint", { timeout: 60_000 }, () => {
  it("names the VPC endpoint that is missing where nothing comes back", async () => {
    await account();
    const hole = await blackHole();
    closing.push(hole);
    const { code, findings } = await doctor(["orders", "--endpoint", `http://127.0.0.1:${hole.port}`]);
    const found = only(findings, "api endpoint");
    expectWhole(found);
    expect(found.evidence[0]).toContain("nothing came back in time");
    expect(found.changes![0]!.terraform).toContain("com.amazonaws.eu-west-1.data-servicediscovery");
    expect(only(findings, "clock").verdict).toBe("unseen");
    // DNS has it.
    expect(code).toBe(0);
  });

  it("tells a port that nobody listens at", async () => {
    await account();
    await local.api.stop();
    const { findings } = await doctor();
    expect(only(findings, "api endpoint").evidence[0]).toContain("connection refused");
    expect(only(findings, "registered").verdict).toBe("unseen");
  });

  it("tells a name that leads nowhere", async () => {
    await account();
    // Longer than DNS can carry, so that no resolver is asked for it.
    const { findings } = await doctor(["orders", "--endpoint", `http://${"a".repeat(64)}.local/`]);
    const found = only(findings, "api endpoint");
    expectWhole(found);
    expect(found.title).toBe("the API's name leads nowhere");
  });
});

describe("permissions", { timeout: 60_000 }, () => {
  it.each([
    [["DiscoverInstances"], "DiscoverInstances is denied"],
    [["DiscoverInstancesRevision"], "DiscoverInstancesRevision is denied"],
    [
      ["DiscoverInstances", "DiscoverInstancesRevision"],
      "DiscoverInstances and DiscoverInstancesRevision are denied",
    ],
  ])("tells apart which action is denied: %j", async (operations, title) => {
    await account();
    for (const operation of operations) local.api.fault({ operation, error: "AccessDeniedException" });
    const { code, findings } = await doctor();
    const found = only(findings, "permissions");
    expectWhole(found);
    expect([found.verdict, found.title]).toEqual(["wrong", title]);
    expect(found.changes![0]!.cli).toContain("servicediscovery:DiscoverInstancesRevision");
    expect(code).toBe(0);
  });

  it("misses credentials", async () => {
    await account();
    const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    const { findings } = await doctor(["orders"], none);
    expect(only(findings, "permissions").title).toBe("no AWS credentials were found");
  });

  it.each([
    ["ExpiredTokenException", "the AWS credentials were not accepted"],
    ["RequestLimitExceeded", "the API's quota is used up"],
  ])("tells %s", async (error, title) => {
    await account();
    local.api.fault({ error });
    const { findings } = await doctor();
    expectWhole(only(findings, "permissions"));
    expect(only(findings, "permissions").title).toBe(title);
  });
});

describe("what is registered", { timeout: 60_000 }, () => {
  it("tells an unknown service, and the one that was likely meant", async () => {
    await account({ "orders-http": {} });
    const { code, findings } = await doctor(["order"]);
    const found = only(findings, "registered");
    expectWhole(found);
    expect([code, found.title]).toEqual([1, 'Cloud Map knows no service "order"']);
    expect(found.evidence.at(-1)).toBe("similar: orders, orders-http");
  });

  it("lets a service be that is only reached by a fixed address", async () => {
    await account();
    const { code, findings } = await doctor(["payments"], {
      BYNAME_PAYMENTS_URL: `http://127.0.0.1:${task.port}`,
    });
    expect([code, only(findings, "registered").verdict]).toEqual([0, "note"]);
    expect(only(findings, "endpoints").verdict).toBe("good");
  });

  it("leaves Service Connect's bookkeeping out", async () => {
    await account({ "aws-ecs-sc.client.0f1e.order": {} });
    const { findings } = await doctor(["order"]);
    expect(only(findings, "registered").evidence.at(-1)).toBe("similar: orders");
  });

  it("tells an empty service from an unknown one", async () => {
    await account({ users: {} });
    const { code, findings } = await doctor(["users"]);
    const found = only(findings, "registered");
    expectWhole(found);
    expect([code, found.title]).toEqual([1, "the service exists, and no instance is registered"]);
  });

  it.each([
    [1, "note", "1 of 2 instances can be called"],
    [2, "wrong", "every instance is unhealthy"],
  ])("counts %i unhealthy of two", async (bad, verdict, title) => {
    const health = (at: number) => (at < bad ? ("UNHEALTHY" as const) : ("HEALTHY" as const));
    const instances = [0, 1].map((at) => ({
      port: task.port,
      address: `127.0.0.${at + 1}`,
      health: health(at),
    }));
    await account({ users: { healthCheck: true, instances } });
    const { findings } = await doctor(["users"]);
    expect(only(findings, "registered")).toMatchObject({ verdict, title });
  });
});

describe("records", { timeout: 60_000 }, () => {
  it("tells a service that only the API has", async () => {
    await account({ users: { dns: false, instances: [{ port: task.port }] } });
    const { code, findings } = await doctor(["users"]);
    const found = only(findings, "records");
    expectWhole(found);
    expect([code, found.verdict, found.title]).toEqual([
      0,
      "wrong",
      "DNS has no such name, and the API has instances",
    ]);
    expect(found.evidence).toEqual(["SRV users.sd.local: NXDOMAIN", "the API has 1 of them"]);
  });

  it("notes that DNS tells eight instances only", async () => {
    const instances = Array.from({ length: 9 }, (_, at) => ({
      port: task.port,
      address: `127.0.1.${at + 1}`,
    }));
    await account({ users: { instances } });
    const { findings } = await doctor(["users"]);
    expectWhole(only(findings, "records"));
    expect(only(findings, "records").evidence).toEqual(["DNS has 8, the API has 9"]);
  });

  it("tells a name without records", async () => {
    await account();
    local.dns.fault({ empty: true });
    const { findings } = await doctor();
    expect(only(findings, "records").title).toBe("its name is in DNS, without an address");
  });
});

describe("negative caching", { timeout: 60_000 }, () => {
  it("notes that absence is remembered for long", async () => {
    await account();
    const { findings } = await doctor();
    const found = only(findings, "negative caching");
    expectWhole(found);
    expect(found.title).toBe("absence of a name in sd.local is remembered for up to 15 min");
    expect(found.changes![0]!.cli).toMatch(/--id ns-\w+ /);
  });
});

describe("ports", { timeout: 60_000 }, () => {
  it("misses the port of A records", async () => {
    await account({ users: { dns: { records: ["A"] }, instances: [{}] } });
    const { findings } = await doctor(["users"]);
    const found = only(findings, "ports");
    expectWhole(found);
    expect(found.title).toBe("nobody tells its port, so 80 is taken");
    expect(found.evidence).toEqual([
      "DNS has A or AAAA records for it and no SRV record",
      "1 instance has no AWS_INSTANCE_PORT",
    ]);
  });

  it("misses the port of an alias", async () => {
    await account({ orders: { serviceConnect: { port: 8080 }, instances: [{ port: task.port }] } });
    const { findings } = await doctor(["orders"], local.env("ecs"));
    expect(only(findings, "ports").evidence).toEqual(["the hosts file tells the alias' address and no port"]);
  });
});

describe("limits", { timeout: 60_000 }, () => {
  it("notes a limit that is longer than the proxy's", async () => {
    await account({ orders: { serviceConnect: { port: 8080 }, instances: [{ port: task.port }] } });
    await using file = await configFile({
      services: { orders: { port: 8080, request: { timeout: 60_000 } } },
    });
    const { findings } = await doctor(["orders", "--config", file.path], local.env("ecs"));
    expectWhole(only(findings, "limits"));
    const direct = await doctor(["orders", "--config", file.path], local.env("host"));
    expect(of(direct.findings, "limits")).toEqual([]);
  });
});

describe("endpoints", { timeout: 60_000 }, () => {
  it("tells a port that refuses, and exits with 1 where no other endpoint is left", async () => {
    await account({ users: { instances: [{ port: await deafPort() }] } });
    const { code, findings } = await doctor(["users"]);
    const found = only(findings, "endpoints");
    expectWhole(found);
    expect([code, found.verdict, found.evidence[0]]).toEqual([
      1,
      "broken",
      expect.stringContaining("refuses"),
    ]);
    expect(found.means).toContain("refused: the machine is there");
  });

  it("tells one that does not answer at all", async () => {
    const hole = await blackHole();
    closing.push(hole);
    await account({ users: { instances: [{ port: hole.port }] } });
    const { code, findings } = await doctor(["users"]);
    const found = only(findings, "endpoints");
    expectWhole(found);
    expect([code, found.verdict, found.evidence[0]]).toEqual([
      1,
      "broken",
      expect.stringContaining("no answer within 2 s"),
    ]);
    expect(found.changes![0]!.terraform).toContain("aws_vpc_security_group_ingress_rule");
  });

  it("breaks no promise while one of them can be connected to", async () => {
    const instances = [{ port: await deafPort() }, { port: task.port }];
    await account({ users: { instances } });
    const { code, findings } = await doctor(["users"]);
    expect([code, only(findings, "endpoints").verdict]).toEqual([0, "wrong"]);
  });
});

describe("the clock", { timeout: 60_000 }, () => {
  /** A machine whose clock is off by an hour, either way. */
  function shifted(ms: number): Env {
    const code = `const now = Date.now; Date.now = () => now() + ${ms};`;
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
  }

  it.each([
    [3_600_000, "60 min behind"],
    [-3_600_000, "60 min ahead of"],
  ])("finds one that is off by %i ms", async (ms, said) => {
    await account();
    const { findings } = await ownDoctor(shifted(ms));
    const found = only(findings, "clock");
    expectWhole(found);
    expect([found.verdict, found.evidence[0]]).toEqual([
      "wrong",
      `the API's clock is ${said} this machine's`,
    ]);
  });
});
