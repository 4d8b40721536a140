import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { awsError, CloudMapApi, json } from "../../test/support/cloud-map-api.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ask } from "../../test/support/sources.ts";
import { settleService } from "../ground/settings.ts";
import type { Answer } from "../ground/source.ts";
import { cloudMapSource } from "./cloud-map.ts";
import { cloudMapFailure } from "./cloud-map-errors.ts";

const api = new CloudMapApi();
beforeAll(() => api.open());
afterAll(() => api.close());
afterEach(() => vi.unstubAllEnvs());

const marker = "MARKER+SECRET/0123";

/** What the source says when the API replies so to all that the real SDK sends. */
async function told(reply: () => Response, env: Record<string, string | undefined> = {}): Promise<Answer> {
  api.reply = reply;
  const source = cloudMapSource({
    clock: new FakeClock(),
    env: {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: marker,
      AWS_SESSION_TOKEN: marker,
      ...env,
    },
    runtimeRegion: async () => undefined,
    resolveHost: async () => ({ addresses: [], ttl: 0 }),
  });
  try {
    return await ask(source);
  } finally {
    await source.close!();
  }
}

describe("an error of the API", () => {
  test.each([
    [
      "NamespaceNotFound",
      'no namespace "sd.local" (NamespaceNotFound, HTTP 400); the API knows it by its HttpName, see the option `httpName`',
    ],
    ["ServiceNotFound", 'no service "orders" in "sd.local" (ServiceNotFound, HTTP 400)'],
  ])("%s is an authoritative no", async (type, detail) => {
    expect(await told(() => awsError(type))).toEqual({ kind: "notFound", detail });
  });

  test.each([
    ["RequestLimitExceeded", 400, "the API's quota for this account is used up"],
    ["ThrottlingException", 400, "the API's quota for this account is used up"],
    ["ExpiredTokenException", 400, "the AWS credentials were not accepted"],
    ["UnrecognizedClientException", 400, "the AWS credentials were not accepted"],
    ["InvalidSignatureException", 400, "the AWS credentials were not accepted"],
    ["InternalFailure", 500, "the API could not be asked"],
    ["ServiceUnavailable", 503, "the API could not be asked"],
    ["SomethingNew", 400, "the API could not be asked"],
  ])("%s is the trouble of every service", async (type, status, said) => {
    const detail = `${said} (${type}, HTTP ${status})`;
    expect(await told(() => awsError(type, { status }))).toEqual({
      kind: "unavailable",
      scope: "source",
      detail,
    });
  });

  test.each([
    ["AccessDeniedException", "access denied", "; allow servicediscovery:DiscoverInstances"],
    ["InvalidInput", 'the API does not accept the names or parameters of "orders"', ""],
    ["ValidationException", 'the API does not accept the names or parameters of "orders"', ""],
  ])("%s is the trouble of this service", async (type, said, hint) => {
    const detail = `${said} (${type}, HTTP 400)${hint}`;
    expect(await told(() => awsError(type))).toEqual({ kind: "unavailable", scope: "service", detail });
  });
});

describe("an answer that is none", () => {
  test.each([
    ["is no JSON", () => json("<html>not an API</html>"), "HTTP 200"],
    ["breaks off", () => json('{"Instances":[{"Instan'), "HTTP 200"],
    ["is a page of a proxy", () => json("<html>Bad gateway</html>", 502), "HTTP 502"],
    ["is an error without a type", () => json("{}", 500), "HTTP 500"],
  ])("since it %s", async (_what, reply, status) => {
    expect(await told(reply)).toMatchObject({
      kind: "unavailable",
      scope: "source",
      detail: expect.stringMatching(new RegExp(`^the API could not be asked \\(\\w+, ${status}\\)$`)),
    });
  });
});

test("no credentials, which is found out without asking the API", async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  api.calls.length = 0;
  expect(await told(() => awsError("Unexpected"), { AWS_ACCESS_KEY_ID: undefined })).toEqual({
    kind: "unavailable",
    scope: "source",
    detail: "no AWS credentials were found (CredentialsProviderError)",
  });
  expect(api.calls).toEqual([]);
});

describe("an error of the network", () => {
  const service = settleService("orders", {}, { namespace: "sd.local", env: {} });

  test.each([
    ["nobody listens", { name: "Error", code: "ECONNREFUSED" }, "ECONNREFUSED"],
    [
      "nobody listens at any of its addresses",
      { name: "AggregateError", code: "ECONNREFUSED" },
      "ECONNREFUSED",
    ],
    ["there is no such host", { name: "Error", code: "ENOTFOUND" }, "ENOTFOUND"],
    // Here the SDK changes the name.
    ["the connection broke", { name: "TimeoutError", code: "ECONNRESET" }, "ECONNRESET"],
    ["the connection broke while sending", { name: "TimeoutError", code: "EPIPE" }, "EPIPE"],
  ])("%s: by its code", (_what, error, code) => {
    expect(cloudMapFailure(error, service)).toEqual({
      kind: "unavailable",
      scope: "source",
      detail: `the API could not be asked (${code})`,
    });
  });

  test.each([
    [{ name: "TimeoutError" }],
    [{ name: "TimeoutError", code: "ETIMEDOUT" }],
    [{ name: "Error", code: "ETIMEDOUT" }],
    [{ name: "AggregateError", code: "ETIMEDOUT" }],
    [{ name: "Error", code: "EHOSTUNREACH" }],
    [{ name: "Error", code: "ENETUNREACH" }],
  ])("silence tells what most often is behind it: %j", (error) => {
    expect(cloudMapFailure(error, service)).toMatchObject({
      scope: "source",
      detail: expect.stringMatching(/^no answer in time \(\w+\); .* VPC endpoint data-servicediscovery$/),
    });
  });

  test.each([[undefined], [null], ["text"], [{ name: 7, code: {}, $metadata: "x" }]])(
    "or no error: %j",
    (error) => {
      expect(cloudMapFailure(error, service)).toMatchObject({ detail: "the API could not be asked (Error)" });
    },
  );
});

describe("secrets", () => {
  const types = [
    "InvalidSignatureException",
    "ExpiredTokenException",
    "AccessDeniedException",
    "InvalidInput",
    "RequestLimitExceeded",
    "SomethingNew",
    `Type with ${marker}`,
  ];

  test.each(types)("in the message of %s do not come out", async (type) => {
    const message = `Canonical request: x-amz-security-token:${marker}`;
    const answer = await told(() => awsError(type, { message, status: 403 }));
    expect(answer.kind).toBe("unavailable");
    expect(JSON.stringify(answer)).not.toContain("MARKER");
  });

  test("in any part of an error do not come out", () => {
    const service = settleService("orders", {}, { namespace: "sd.local", env: {} });
    const field = fc.oneof(fc.constantFrom(marker, `a ${marker}`, ...types), fc.anything());
    const error = fc.record({
      name: field,
      code: field,
      message: field,
      stack: field,
      $fault: field,
      $metadata: field,
    });
    fc.assert(
      fc.property(error, (one) => {
        expect(JSON.stringify(cloudMapFailure(one, service))).not.toContain("MARKER");
      }),
    );
  });
});
