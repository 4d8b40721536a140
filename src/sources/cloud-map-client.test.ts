import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { awsError, CloudMapApi, discovered, json, revised } from "../../test/support/cloud-map-api.ts";
import { settleService } from "../ground/settings.ts";
import { CloudMapClient, type CloudMapClientOptions } from "./cloud-map-client.ts";

const api = new CloudMapApi();
beforeAll(() => api.open());
afterAll(() => api.close());

const clients: CloudMapClient[] = [];
beforeEach(() => {
  api.calls.length = 0;
  api.reply = (call) => (call.operation === "DiscoverInstances" ? discovered([]) : revised(1));
  // The SDK reads the process's own environment and files for what it is not given.
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const keys = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
const ireland = { ...keys, AWS_REGION: "eu-west-1" };

function client(options: Partial<CloudMapClientOptions> = {}): CloudMapClient {
  const made = new CloudMapClient({ env: ireland, runtimeRegion: async () => undefined, ...options });
  clients.push(made);
  return made;
}

function service(options = {}) {
  return settleService("orders", options, { namespace: "sd.local", env: {} });
}

async function discover(options: Partial<CloudMapClientOptions> = {}, named = service()) {
  const calls = await client(options).open();
  await calls!.discover(named, new AbortController().signal);
  return api.calls.at(-1)!;
}

describe("a call", () => {
  test("for instances asks for all that are healthy, or all there are", async () => {
    const { operation, body } = await discover();
    expect(operation).toBe("DiscoverInstances");
    expect(body).toEqual({
      NamespaceName: "sd.local",
      ServiceName: "orders",
      MaxResults: 1_000,
      HealthStatus: "HEALTHY_OR_ELSE_ALL",
    });
  });

  test("carries what the catalog says of names, owner and attributes", async () => {
    const named = service({
      namespace: "sc.local",
      discoveryName: "orders-http",
      ownerAccount: "111122223333",
      queryParameters: { stage: "blue" },
      optionalParameters: { AVAILABILITY_ZONE: "eu-west-1a" },
    });
    expect((await discover({}, named)).body).toMatchObject({
      NamespaceName: "sc.local",
      ServiceName: "orders-http",
      OwnerAccount: "111122223333",
      QueryParameters: { stage: "blue" },
      OptionalParameters: { AVAILABILITY_ZONE: "eu-west-1a" },
    });
  });

  test("calls the namespace what the API calls it", async () => {
    const named = service({ namespace: "prod.local", httpName: "prod.local-a1b2" });
    expect((await discover({}, named)).body).toMatchObject({ NamespaceName: "prod.local-a1b2" });
  });

  test("for the revision names the service alone", async () => {
    const calls = await client().open();
    const named = service({ ownerAccount: "111122223333", queryParameters: { stage: "blue" } });
    expect(await calls!.revision(named, new AbortController().signal)).toBe("1");
    expect(api.calls[0]!.operation).toBe("DiscoverInstancesRevision");
    expect(api.calls[0]!.body).toEqual({
      NamespaceName: "sd.local",
      ServiceName: "orders",
      OwnerAccount: "111122223333",
    });
  });

  test("keeps every digit of a revision, which has more than a number can hold", async () => {
    const calls = await client().open();
    const { signal } = new AbortController();
    api.reply = () => revised("71462688285136851");
    expect(await calls!.revision(service(), signal)).toBe("71462688285136851");
    api.reply = () => json('{ "Instances": [], "InstancesRevision": 9223372036854775807 }');
    expect(await calls!.discover(service(), signal)).toEqual({
      instances: [],
      revision: "9223372036854775807",
    });
  });

  test("says so where the API tells no revision", async () => {
    const calls = await client().open();
    api.reply = () => json('{"Instances":null,"InstancesRevision":null}');
    const { signal } = new AbortController();
    expect(await calls!.discover(service(), signal)).toEqual({ instances: [], revision: undefined });
    expect(await calls!.revision(service(), signal)).toBeUndefined();
  });

  test("takes an attribute of that name for what it is", async () => {
    const calls = await client().open();
    api.reply = () => discovered([{ InstancesRevision: "7", note: '"InstancesRevision": 8' }], 9);
    const { instances, revision } = await calls!.discover(service(), new AbortController().signal);
    expect(instances[0]!.Attributes).toEqual({ InstancesRevision: "7", note: '"InstancesRevision": 8' });
    expect(revision).toBe("9");
  });

  test("is signed for Cloud Map, with the environment's credentials and region", async () => {
    const { headers } = await discover({ env: { ...ireland, AWS_SESSION_TOKEN: "token" } });
    expect(headers.get("authorization")).toMatch(
      /Credential=AKIDEXAMPLE\/\d+\/eu-west-1\/servicediscovery\//,
    );
    expect(headers.get("x-amz-security-token")).toBe("token");
  });

  test("does not begin once it is aborted", async () => {
    const calls = await client().open();
    await expect(calls!.discover(service(), AbortSignal.abort())).rejects.toThrow("aborted");
    expect(api.calls).toEqual([]);
  });
});

describe("the host", () => {
  test.each([
    ["eu-west-1", "https://data-servicediscovery.eu-west-1.amazonaws.com"],
    ["us-gov-west-1", "https://data-servicediscovery.us-gov-west-1.amazonaws.com"],
    ["cn-north-1", "https://data-servicediscovery.cn-north-1.amazonaws.com.cn"],
    ["eusc-de-east-1", "https://data-servicediscovery.eusc-de-east-1.amazonaws.eu"],
  ])("in %s is %s", async (region, origin) => {
    expect((await discover({ region })).origin).toBe(origin);
  });

  test.each([
    ["AWS_USE_DUALSTACK_ENDPOINT", "https://data-servicediscovery.us-east-1.api.aws"],
    ["AWS_USE_FIPS_ENDPOINT", "https://data-servicediscovery-fips.us-east-1.amazonaws.com"],
  ])("with %s is %s", async (variable, origin) => {
    vi.stubEnv(variable, "true");
    expect((await discover({ region: "us-east-1" })).origin).toBe(origin);
  });

  test.each([
    ["http://127.0.0.1:4566"],
    ["http://localhost:4566"],
    ["http://localhost.localstack.cloud:4566"],
    ["https://vpce-0123-abcd.data-servicediscovery.eu-west-1.vpce.amazonaws.com"],
    ["https://vpce-0123-abcd.servicediscovery.eu-west-1.vpce.amazonaws.com"],
    ["https://data-servicediscovery.eu-west-1.amazonaws.com"],
  ])("is %s as it is written", async (endpoint) => {
    expect((await discover({ endpoint })).origin).toBe(endpoint);
  });

  test("gets its prefix where AWS's own name is written out", async () => {
    const { origin } = await discover({ endpoint: "https://servicediscovery.eu-west-1.amazonaws.com" });
    expect(origin).toBe("https://data-servicediscovery.eu-west-1.amazonaws.com");
  });

  test.each([
    ["AWS_ENDPOINT_URL", { AWS_ENDPOINT_URL: "http://127.0.0.1:1" }, "http://127.0.0.1:1"],
    [
      "AWS_ENDPOINT_URL_SERVICEDISCOVERY before it",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_ENDPOINT_URL_SERVICEDISCOVERY: "http://127.0.0.1:2" },
      "http://127.0.0.1:2",
    ],
    [
      "AWS's own, where these are to be ignored",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
      "https://data-servicediscovery.eu-west-1.amazonaws.com",
    ],
  ])("comes from %s", async (_what, env, origin) => {
    expect((await discover({ env: { ...ireland, ...env } })).origin).toBe(origin);
    for (const [name, value] of Object.entries({ ...ireland, ...env })) vi.stubEnv(name, value);
    expect((await discover({ env: process.env })).origin).toBe(origin);
  });

  test("comes from the profile of a process, without a prefix", async () => {
    vi.stubEnv("AWS_CONFIG_FILE", new URL("../../test/support/aws-config", import.meta.url).pathname);
    vi.stubEnv("AWS_PROFILE", "emulator");
    const { origin, headers } = await discover({ env: process.env });
    expect(origin).toBe("http://127.0.0.1:4566");
    expect(headers.get("authorization")).toContain("AKIDPROFILE");
    expect(headers.get("authorization")).toContain("/eu-north-1/");
  });

  test("is the same for calls that run side by side", async () => {
    const calls = await client().open();
    const { signal } = new AbortController();
    await Promise.all([calls!.discover(service(), signal), calls!.revision(service(), signal)]);
    expect(new Set(api.calls.map(({ origin }) => origin)).size).toBe(1);
  });
});

describe("the region", () => {
  test.each([
    ["the option", { region: "eu-north-1" }, "eu-north-1"],
    ["AWS_REGION", {}, "eu-west-1"],
    ["AWS_DEFAULT_REGION", { env: { ...keys, AWS_DEFAULT_REGION: "eu-south-1" } }, "eu-south-1"],
    ["where the process runs", { env: keys, runtimeRegion: async () => "eu-central-1" }, "eu-central-1"],
  ])("comes from %s", async (_what, options, region) => {
    expect((await discover(options)).origin).toContain(`.${region}.`);
  });

  test("comes from EC2, where the SDK finds it by itself", async () => {
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", undefined);
    api.instanceRegion = "ap-south-1";
    expect((await discover({ env: keys })).origin).toContain(".ap-south-1.");
  });

  test("may be missing with an endpoint of one's own, which takes any", async () => {
    const { headers } = await discover({ env: keys, endpoint: "http://127.0.0.1:4566" });
    expect(headers.get("authorization")).toContain("/us-east-1/");
  });

  test("is the profile's with an endpoint of one's own too, which may be one of AWS's in a VPC", async () => {
    vi.stubEnv("AWS_CONFIG_FILE", new URL("../../test/support/aws-config", import.meta.url).pathname);
    vi.stubEnv("AWS_PROFILE", "regional");
    const endpoint = "https://vpce-0123-abcd.data-servicediscovery.eu-north-1.vpce.amazonaws.com";
    const { headers } = await discover({ env: keys, endpoint });
    expect(headers.get("authorization")).toContain("/eu-north-1/");
  });

  test("that is missing is looked for again at the next lookup", async () => {
    let region: string | undefined;
    const one = client({ env: keys, runtimeRegion: async () => region });
    expect(await one.open()).toBeUndefined();
    region = "eu-west-1";
    expect(await one.open()).toBeDefined();
  });

  test("that could not be asked for is asked for again at the next lookup", async () => {
    const runtimeRegion = vi.fn(async () => "eu-west-1").mockRejectedValueOnce(new Error("not now"));
    const one = client({ env: keys, runtimeRegion });
    await expect(one.open()).rejects.toThrow("not now");
    expect(await one.open()).toBeDefined();
  });
});

describe("attempts", () => {
  test.each([
    ["is over quota", "RequestLimitExceeded", 400, 1],
    ["is throttled by another name", "ThrottlingException", 400, 1],
    ["has too many requests", "TooManyRequestsException", 429, 1],
    ["denies access", "AccessDeniedException", 400, 1],
    ["does not know the service", "ServiceNotFound", 400, 1],
    ["fails inside", "InternalFailure", 500, 2],
    ["is not available", "ServiceUnavailable", 503, 2],
  ])("where the API %s (%s)", async (_what, type, status, attempts) => {
    api.reply = () => awsError(type, { status });
    await expect(discover()).rejects.toThrow();
    expect(api.calls).toHaveLength(attempts);
  });

  test("the second one may do", async () => {
    api.reply = () =>
      api.calls.length === 1 ? awsError("InternalFailure", { status: 500 }) : discovered([]);
    await discover();
    expect(api.calls).toHaveLength(2);
  });

  test("are not for the environment to multiply", async () => {
    vi.stubEnv("AWS_MAX_ATTEMPTS", "9");
    api.reply = () => awsError("InternalFailure", { status: 500 });
    await expect(discover()).rejects.toThrow();
    expect(api.calls).toHaveLength(2);
  });
});

describe("one client", () => {
  test("serves lookups that come at the same time", async () => {
    const runtimeRegion = vi.fn(async () => "eu-west-1");
    const one = client({ env: keys, runtimeRegion });
    const [first, second] = await Promise.all([one.open(), one.open()]);
    expect(first).toBe(second);
    expect(runtimeRegion).toHaveBeenCalledOnce();
  });

  test("that was never used closes without loading anything", async () => {
    await client().close();
    expect(api.calls).toEqual([]);
  });
});
