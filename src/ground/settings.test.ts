import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { type BynameError, ConfigError } from "./errors.ts";
import type { BynameOptions, ServiceOptions } from "./options.ts";
import { settle } from "./settings.ts";

describe("who wins", () => {
  const file = { namespace: "file.local", allow: ["10.1.0.0/16"], resolve: { timeout: 1, staleFor: 1 } };
  const code = { namespace: "code.local", resolve: { timeout: 2 }, config: "byname.config.json" };

  test("the environment over code, and code over the config file", () => {
    expect(settled(code, { BYNAME_NAMESPACE: "env.local" }, file).namespace).toBe("env.local");
    expect(settled(code, {}, file).namespace).toBe("code.local");
    expect(settled({ config: "x" }, {}, file).namespace).toBe("file.local");
  });

  test("groups are merged field by field", () => {
    expect(settled(code, {}, file)).toMatchObject({ lookupTimeout: 2, staleFor: 1, hedgeAfter: 250 });
    expect(settled(code, {}, file).guard.refusal("10.2.0.1")).toBe("outside of `allow`");
  });

  test("so are entries of the catalog, however their keys are spelled", () => {
    const below = { services: { Orders: { port: 1, alias: "o" }, users: { port: 3 } } };
    const { services } = settled({ ...code, services: { orders: { port: 2 } } }, {}, below);
    expect(services.get("orders")).toMatchObject({ port: 2, alias: "o" });
    expect(services.get("users")).toMatchObject({ port: 3 });
    expect(services.size).toBe(2);
  });

  test("so are the time limits of an entry", () => {
    const below = { services: { orders: { request: { timeout: 1, retries: 1 } } } };
    const above = { ...code, services: { orders: { request: { timeout: 2 } } } };
    expect(settled(above, {}, below).services.get("orders")?.request).toMatchObject({
      timeout: 2,
      retries: 1,
    });
  });

  test("the environment names another config file than the code", () => {
    const asked: unknown[] = [];
    const surroundings = { ...standing({ BYNAME_CONFIG: "b.json" }), readConfigFile: asked.push.bind(asked) };
    expect(() => settle({ config: "a.json" }, surroundings as never)).toThrow(ConfigError);
    expect(asked).toEqual(["b.json", "BYNAME_CONFIG"]);
  });

  test("a variable that is empty counts as not set", () => {
    const names = [
      "NAMESPACE",
      "SOURCES",
      "HOSTS_FILE",
      "SERVICE_CONNECT_RANGE",
      "DNS_SERVERS",
      "ALLOW",
      "CONFIG",
    ];
    const env = Object.fromEntries([...names, "ORDERS_URL"].map((name) => [`BYNAME_${name}`, ""]));
    const { surroundings: _, guard: _guard, ...none } = settled({ services: { orders: {} } });
    expect(settled({ services: { orders: {} } }, env)).toMatchObject(none);
  });
});

describe("the environment", () => {
  test("says everything that differs from place to place", () => {
    const env = {
      BYNAME_NAMESPACE: "sd.local",
      BYNAME_SOURCES: "fixed, dns",
      BYNAME_HOSTS_FILE: "/tmp/hosts",
      BYNAME_SERVICE_CONNECT_RANGE: "127.0.0.0/8",
      BYNAME_DNS_SERVERS: "127.0.0.1:5353,[::1]:53,10.0.0.2,::1",
      BYNAME_ALLOW: "127.0.0.0/8,10.0.0.0/8",
      BYNAME_ORDERS_API_URL: "http://127.0.0.1:8080,https://orders.example.com",
    };
    const found = settled({ services: { "orders-api": {} } }, env);
    expect(found).toMatchObject({
      namespace: "sd.local",
      sources: ["fixed", "dns"],
      hostsFile: "/tmp/hosts",
      serviceConnectRange: "127.0.0.0/8",
      dnsServers: ["127.0.0.1:5353", "[::1]:53", "10.0.0.2", "::1"],
    });
    expect(found.guard.refusal("127.0.0.1")).toBeUndefined();
    expect(found.services.get("orders-api")?.fixed).toEqual([
      { scheme: "http", host: "127.0.0.1", port: 8080 },
      { scheme: "https", host: "orders.example.com", port: 443 },
    ]);
  });

  test.each([
    ["BYNAME_NAMESPACE", "sd local"],
    ["BYNAME_SOURCES", "dns,cloudmap"],
    ["BYNAME_SERVICE_CONNECT_RANGE", "127.255.0.0/99"],
    ["BYNAME_DNS_SERVERS", "localhost"],
    ["BYNAME_DNS_SERVERS", "10.0.0.2:0"],
    ["BYNAME_DNS_SERVERS", "[10.0.0.2]:53"],
    ["BYNAME_ALLOW", "10.0.0.0/8,"],
    ["BYNAME_ORDERS_URL", "orders:8080"],
    ["BYNAME_ORDERS_URL", "http://orders:0"],
    ["BYNAME_ORDERS_URL", "http://orders/v1"],
  ])("%s=%s is an error that names the variable", (name, value) => {
    const error = errorOf({ services: { orders: {} } }, { [name]: value });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error?.message).toMatch(new RegExp(`^${name}(\\[\\d\\])?: got ".*"; write .{6}`));
  });

  test("a key's port and another one beside it are an error, since only one of them can be meant", () => {
    const error = errorOf({ services: { "metrics:6334": { port: 7000 } } });
    expect(error?.message).toBe(
      'services["metrics:6334"].port: got 7000; write nothing, or 6334 as in the key',
    );
    expect(errorOf({ services: { "metrics:6334": { port: 6334 } } })).toBeUndefined();
  });

  describe("with a variable that more than one key would read", () => {
    const services = { "orders-api": {}, "orders.api": {}, orders: {} };

    test("is refused, since nobody can tell which of them is meant", () => {
      const error = errorOf({ services }, { BYNAME_ORDERS_API_URL: "http://me:hunter2@10.0.0.7" });
      expect(error).toBeInstanceOf(ConfigError);
      expect(error?.message).toBe(
        'BYNAME_ORDERS_API_URL: got "http://***@10.0.0.7"; write `fixed` in the catalog in its place: ' +
          '"orders-api" and "orders.api" would each read it',
      );
    });

    test("names all of them, wherever they are written", () => {
      const file = { services: { orders_api: {} } };
      const env = { BYNAME_ORDERS_API_URL: "http://10.0.0.7" };
      const { message } = errorOf({ config: "x", services }, env, file)!;
      expect(message).toMatch(/"orders_api" and "orders-api" and "orders\.api" would each read it$/);
    });

    test.each([{}, { BYNAME_ORDERS_API_URL: "" }, { BYNAME_ORDERS_URL: "http://10.0.0.7" }])(
      "says nothing where it is not set: %o",
      (env) => {
        const fixed = "http://10.0.0.8";
        const found = settled({ services: { ...services, "orders.api": { fixed } } }, env);
        expect(found.services.get("orders-api")?.fixed).toEqual([]);
        expect(found.services.get("orders.api")?.fixed).toMatchObject([{ host: "10.0.0.8" }]);
      },
    );
  });

  test("a password in a variable stays out of the error", () => {
    for (const url of [
      "http://user:hunter2@orders",
      "http://user:hun/ter2@orders",
      "http://orders/?key=hunter2",
    ]) {
      const { message } = errorOf({ services: { orders: {} } }, { BYNAME_ORDERS_URL: url })!;
      expect(message).toMatch(/^BYNAME_ORDERS_URL: /);
      expect(message).not.toMatch(/hun|ter2/);
    }
  });
});

describe("the catalog", () => {
  test("an empty entry is complete", () => {
    const { services } = settled({ namespace: "sd.local", services: { Orders: {} } });
    expect([...services]).toEqual([
      [
        "orders",
        {
          key: "orders",
          name: "orders",
          scheme: "http",
          alias: "orders",
          discoveryName: "orders",
          namespace: "sd.local",
          httpName: "sd.local",
          fixed: [],
          balance: "leastLoaded",
          request: { timeout: 15_000, attemptTimeout: 0, hedgeAfter: 0, retries: 2 },
        },
      ],
    ]);
  });

  test("a key with a port is a service of its own", () => {
    const { services } = settled({
      services: { metrics: { port: 6333 }, "metrics:6334": { containerPort: 1 } },
    });
    expect(services.get("metrics")).toMatchObject({ name: "metrics", port: 6333 });
    expect(services.get("metrics:6334")).toMatchObject({ name: "metrics", port: 6334, containerPort: 1 });
  });

  test.each(["__proto__", "constructor", "tostring", "hasownproperty"])(
    "%s is a name like any other",
    (key) => {
      const services = JSON.parse(`{ "${key}": { "port": 8080 } }`);
      expect(settled({ services }).services.get(key)).toMatchObject({ name: key, port: 8080 });
      const other = settled({ config: "x", services: {} }, {}, { services });
      expect(other.services.get(key)).toMatchObject({ port: 8080 });
    },
  );

  test.each([
    ["orders", "Orders"],
    ["metrics:80", "metrics:080"],
  ])("%s and %s are the same service, so one of them is too much", (one, other) => {
    expect(errorOf({ services: { [one]: { port: 1 }, [other]: { port: 2 } } })?.message).toBe(
      `services: got "${other}"; write "${one}" once: case makes no difference`,
    );
  });

  test("names for Cloud Map keep their case, since HTTP namespaces tell it apart", () => {
    const entry = { namespace: "Prod", discoveryName: "Orders", alias: "Orders" };
    const { services, namespace } = settled({ namespace: "Common", services: { orders: entry } });
    expect(namespace).toBe("Common");
    expect(services.get("orders")).toMatchObject({ ...entry, alias: "orders" });
  });

  test.each<[string, BynameOptions, ServiceOptions, (string | undefined)[]]>([
    ["is the namespace's name", { namespace: "sd" }, {}, ["sd", "sd"]],
    ["is said for the common namespace", { namespace: "sd", httpName: "sd-1" }, {}, ["sd", "sd-1"]],
    [
      "of the common one is not another's",
      { namespace: "sd", httpName: "sd-1" },
      { namespace: "sc" },
      ["sc", "sc"],
    ],
    [
      "is said for a service's own",
      { namespace: "sd" },
      { namespace: "sc", httpName: "sc-1" },
      ["sc", "sc-1"],
    ],
    [
      "is the common one's where a service names that",
      { namespace: "sd", httpName: "sd-1" },
      { namespace: "sd" },
      ["sd", "sd-1"],
    ],
    ["alone is for the API alone", { httpName: "sd-1" }, {}, [undefined, "sd-1"]],
    ["is none without a namespace", {}, {}, [undefined, undefined]],
  ])("a namespace's name for the API %s", (_what, common, own, [namespace, httpName]) => {
    const service = settled({ ...common, services: { orders: own } }).services.get("orders")!;
    expect([service.namespace, service.httpName]).toEqual([namespace, httpName]);
  });

  test("a namespace's name for the API goes with that namespace when another layer has another", () => {
    const file = { namespace: "sd", httpName: "sd-1" };
    expect(settled({ config: "x" }, { BYNAME_NAMESPACE: "prod" }, file).httpName).toBeUndefined();
    expect(settled({ config: "x" }, { BYNAME_NAMESPACE: "sd" }, file).httpName).toBe("sd-1");
    expect(settled({ httpName: "sd-2" }, { BYNAME_NAMESPACE: "sd" }).httpName).toBe("sd-2");
    expect(
      settled({ config: "x" }, { BYNAME_NAMESPACE: "prod", BYNAME_HTTP_NAME: "prod-1" }, file).httpName,
    ).toBe("prod-1");
  });

  test.each([
    ["http://10.0.0.7:8080", { scheme: "http", host: "10.0.0.7", port: 8080 }],
    ["https://Orders.Example.com/", { scheme: "https", host: "orders.example.com", port: 443 }],
    ["http://[::1]:81", { scheme: "http", host: "::1", port: 81 }],
    ["http://bücher.example", { scheme: "http", host: "xn--bcher-kva.example", port: 80 }],
  ])("fixed %s", (fixed, address) => {
    expect(settled({ services: { a: { fixed } } }).services.get("a")?.fixed).toEqual([address]);
  });
});

describe("what is wrong is told with its place and what to write", () => {
  test.each<[unknown, string]>([
    [null, "options: got null; write an object with namespace, httpName, services"],
    [[], "options: got an empty list; write"],
    [new Map([["namespace", "x"]]), "options: got a Map; write"],
    [{ namspace: "x" }, 'options: got "namspace"; write one of namespace, httpName, services'],
    [{ namespace: 7 }, "namespace: got 7; write a name of letters"],
    [{ namespace: "sd.local." }, 'namespace: got "sd.local."; write a name'],
    [{ namespace: { toString: 1, valueOf: 1 } }, "namespace: got an object with toString, valueOf; write"],
    [{ services: ["orders"] }, "services: got a list of 1; write an object"],
    [{ services: new Map() }, "services: got a Map; write an object"],
    [{ services: { "or ders": {} } }, 'services: got "or ders"; write a host name'],
    [{ services: { "10.0.0.7": {} } }, 'services: got "10.0.0.7"; write a host name'],
    [{ services: { orders: 8080 } }, 'services["orders"]: got 8080; write an object with port'],
    [{ services: { orders: { prot: 1 } } }, 'services["orders"]: got "prot"; write one of port'],
    [{ services: { orders: { port: "8080" } } }, 'services["orders"].port: got "8080"; write a port'],
    [{ services: { orders: { port: 8080n } } }, 'services["orders"].port: got 8080; write a port'],
    [{ services: { orders: { scheme: "grpc" } } }, 'services["orders"].scheme: got "grpc"; write "http" or'],
    [{ services: { orders: { fixed: [] } } }, 'services["orders"].fixed: got an empty list; write'],
    [
      { services: { orders: { fixed: "orders:8080" } } },
      'services["orders"].fixed: got "orders:8080"; write a URL',
    ],
    [
      { services: { a: { fixed: ["http://b", "http://c."] } } },
      'services["a"].fixed[1]: got "c."; write a name',
    ],
    [
      { services: { a: { ownerAccount: 123456789012 } } },
      'services["a"].ownerAccount: got 123456789012; write',
    ],
    [
      { services: { a: { ownerAccount: ["123456789012"] } } },
      'services["a"].ownerAccount: got a list of 1; write',
    ],
    [
      { services: { a: { queryParameters: { b: 1 } } } },
      'services["a"].queryParameters["b"]: got 1; write a text',
    ],
    [{ sources: [] }, "sources: got an empty list; write at least one entry"],
    [{ sources: ["dns", "cloudmap"] }, 'sources[1]: got "cloudmap"; write "serviceConnect", "dns"'],
    [{ sources: [{ name: "own" }] }, "sources: got an object with name; write"],
    // biome-ignore lint/suspicious/noSparseArray: that is the mistake
    [{ sources: ["dns", , "fixed"] }, "sources: got a list of 3; write a list without holes"],
    [{ resolve: { hedgeAfter: -1 } }, "resolve.hedgeAfter: got -1; write milliseconds"],
    [{ resolve: { timeout: Number.NaN } }, "resolve.timeout: got NaN; write milliseconds"],
    [
      { resolve: { staleFor: Number.POSITIVE_INFINITY } },
      "resolve.staleFor: got Infinity; write milliseconds",
    ],
    [{ serviceConnect: { range: "127.255" } }, 'serviceConnect.range: got "127.255"; write a CIDR block'],
    [{ dns: { servers: ["localhost"] } }, 'dns.servers: got "localhost"; write an address such as'],
    [{ cloudMap: { endpoint: "localhost:4566" } }, 'cloudMap.endpoint: got "localhost:4566"; write a URL'],
    [{ allow: ["10.0.0.0/8", "10/8"] }, 'allow[1]: got "10/8"; write a CIDR block'],
    [{ scope: { remaining: 100 } }, "scope: got an object with remaining; write a function"],
    [{ config: "" }, 'config: got ""; write a path'],
  ])("%# $1", (options, message) => {
    const error = errorOf(options as BynameOptions);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error?.message.slice(0, message.length)).toBe(message);
  });

  test("also in a config file", () => {
    const error = (file: unknown) => errorOf({ config: "byname.config.json" }, {}, file)?.message;
    expect(error({ services: { a: { port: 0 } } })).toMatch(
      /^byname\.config\.json\.services\["a"\]\.port: got 0; write/,
    );
    expect(error({ services: { a: { fixed: "x" } } })).toMatch(
      /^byname\.config\.json\.services\["a"\]\.fixed: /,
    );
    expect(error({ allow: "x" })).toMatch(/^byname\.config\.json\.allow: /);
    expect(error(undefined)).toMatch(/^byname\.config\.json: got null; write an object/);
    expect(error(Promise.resolve({}))).toMatch(/^byname\.config\.json: got a Promise; write an object/);
    expect(error({ config: "other.json" })).toMatch(
      /^byname\.config\.json\.config: got "other\.json"; write/,
    );
  });

  test("a secret in the wrong place is not shown", () => {
    const wrong = [
      { cloudMap: { credentials: { accessKeyId: "AKIA", secretAccessKey: "hunter2" } } },
      { cloudMap: { secretAccessKey: "hunter2" } },
      { cloudMap: { endpoint: "https://me:hunter2@api.example.com" } },
      { services: { orders: { fixed: "http://orders/?token=hunter2" } } },
      { services: { "http://me:hunter2@orders/": {} } },
      { namespace: () => "hunter2" },
      { allow: { token: "hunter2" } },
    ];
    for (const options of wrong) expect(errorOf(options as never)?.message).not.toContain("hunter2");
  });
});

describe("whatever is given", () => {
  const names = ["namespace", "services", "sources", "resolve", "serviceConnect", "dns", "cloudMap", "allow"];
  const inner = [
    "port",
    "fixed",
    "alias",
    "servers",
    "endpoint",
    "range",
    "timeout",
    "orders",
    "ownerAccount",
  ];
  const leaf = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("dns", "10.0.0.0/8", "http://a", 80, "a"),
  );
  const group = fc.dictionary(
    fc.constantFrom(...inner),
    fc.oneof(leaf, fc.dictionary(fc.constantFrom(...inner), leaf)),
  );
  const options = fc.oneof(
    fc.jsonValue(),
    fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
    fc.dictionary(fc.constantFrom(...names), fc.oneof(leaf, group)),
  );

  test("options give settings or a ConfigError that says where and what to write", () => {
    fc.assert(
      fc.property(options, (given) => expectSettingsOrConfigError(given as BynameOptions, {})),
      { numRuns: 300 },
    );
  });

  test("so does the environment", () => {
    const variables = [
      "NAMESPACE",
      "SOURCES",
      "HOSTS_FILE",
      "SERVICE_CONNECT_RANGE",
      "DNS_SERVERS",
      "ALLOW",
      "ORDERS_URL",
    ];
    const env = fc.dictionary(
      fc.constantFrom(...variables.map((name) => `BYNAME_${name}`)),
      fc.oneof(fc.string(), fc.webUrl(), fc.ipV4Extended(), fc.ipV6(), fc.domain()),
    );
    fc.assert(fc.property(env, (given) => expectSettingsOrConfigError({ services: { orders: {} } }, given)));
  });
});

function expectSettingsOrConfigError(options: BynameOptions, env: Record<string, string>): void {
  const error = errorOf(options, env);
  if (error === undefined) return;
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toMatch(/^[a-zA-Z_]+.*: got .+; write .+/s);
  expect(error.message.length).toBeLessThan(800);
}

function settled(options: BynameOptions, env: Record<string, string> = {}, file?: unknown) {
  return settle(options, standing(env, file));
}

function errorOf(
  options: BynameOptions,
  env: Record<string, string> = {},
  file?: unknown,
): BynameError | undefined {
  try {
    settled(options, env, file);
  } catch (error) {
    return error as BynameError;
  }
  return undefined;
}

function standing(env: Record<string, string> = {}, file?: unknown) {
  return { env, clock: new FakeClock(), random: () => 0.5, readConfigFile: () => file };
}

describe("sources of one's own", () => {
  const own = (name: string) => ({ name, lookup: () => ({ kind: "notFound", detail: "none" }) as const });

  test("have names of their own, since errors and fallbacks go by them", () => {
    expect(() => settled({ sources: [own("dns")] })).toThrow(/sources: got "dns"; write a name of its own/);
    expect(() => settled({ sources: [own("consul"), own("consul")] })).toThrow(/each source once/);
    expect(() => settled({ sources: ["dns", "dns"] })).toThrow(/each source once/);
  });
});

test("no lookup ends before it begins", () => {
  expect(() => settled({ resolve: { timeout: 0 } })).toThrow(/resolve.timeout: got 0/);
});
