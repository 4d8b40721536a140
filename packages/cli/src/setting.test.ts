import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "byname";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Env, settingFor } from "./setting.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "byname-setting-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe("settingFor", () => {
  it("has byname's defaults where nothing is set", () => {
    expect(settingFor({}, {}, directory)).toEqual({
      options: {},
      env: {},
      sources: ["serviceConnect", "dns", "cloudMap", "fixed"],
      dnsServers: undefined,
      hostsFile: "/etc/hosts",
      endpoint: undefined,
      region: undefined,
      file: undefined,
    });
  });

  it("forgets what the API calls the environment's namespace where a flag has another one", () => {
    const env = () => ({ BYNAME_NAMESPACE: "sd.local", BYNAME_HTTP_NAME: "sd.local-x1" });
    expect(settingFor({ namespace: "prod" }, env(), directory).env).toEqual({ BYNAME_NAMESPACE: "prod" });
    expect(settingFor({ namespace: "sd.local" }, env(), directory).env).toEqual(env());
  });

  it("refuses an endpoint of the environment that is no URL, by the variable's name", () => {
    expect(() => settingFor({}, { AWS_ENDPOINT_URL: "localhost:4566" }, directory)).toThrow(
      /AWS_ENDPOINT_URL: got "localhost:4566"/,
    );
  });

  it("lets flags win over the environment, and that over the file", () => {
    const config = file(
      "x.json",
      '{ "cloudMap": { "region": "eu-west-1" }, "dns": { "servers": ["10.0.0.2"] } }',
    );
    const env: Env = {
      BYNAME_NAMESPACE: "env.local",
      BYNAME_DNS_SERVERS: "10.0.0.3, 10.0.0.4",
      AWS_REGION: "eu-north-1",
    };
    const setting = settingFor({ config, namespace: "flag.local" }, env, directory);
    expect(setting.dnsServers).toEqual(["10.0.0.3", "10.0.0.4"]);
    expect(setting.env.BYNAME_NAMESPACE).toBe("flag.local");
    // AWS's own variables come last, as byname has it.
    expect(setting.region).toBe("eu-west-1");
    expect(settingFor({ config, region: "us-east-1" }, env, directory).region).toBe("us-east-1");
  });

  it("finds the config file of the directory, and prefers the one that is named", () => {
    const own = file("byname.config.json", '{ "sources": ["dns"] }');
    const named = file("named.json", '{ "sources": ["fixed"] }');
    expect(settingFor({}, {}, directory)).toMatchObject({ file: own, sources: ["dns"] });
    expect(settingFor({}, { BYNAME_CONFIG: named }, directory)).toMatchObject({
      file: named,
      sources: ["fixed"],
    });
    expect(settingFor({ config: own }, { BYNAME_CONFIG: named }, directory)).toMatchObject({ file: own });
  });

  it("keeps sources of the user's own", () => {
    const config = file(
      "own.mjs",
      "export default { sources: [{ name: 'consul', lookup: () => ({}) }, 'fixed'] };",
    );
    const { sources } = settingFor({ config }, {}, directory);
    expect(sources).toEqual([{ name: "consul", lookup: expect.any(Function) }, "fixed"]);
  });

  it("takes the sources out of the environment, where they would win over each source alone", () => {
    const setting = settingFor({}, { BYNAME_SOURCES: "cloudMap,fixed" }, directory);
    expect([setting.sources, setting.env.BYNAME_SOURCES]).toEqual([["cloudMap", "fixed"], undefined]);
  });

  it.each([
    [{ AWS_ENDPOINT_URL: "http://a", AWS_ENDPOINT_URL_SERVICEDISCOVERY: "http://b" }, "http://b"],
    [{ AWS_ENDPOINT_URL: "http://a" }, "http://a"],
    [{ AWS_ENDPOINT_URL: "http://a", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, undefined],
  ])("reads the API's endpoint as AWS's SDK does: %j", (env, endpoint) => {
    expect(settingFor({}, env, directory).endpoint).toBe(endpoint);
  });

  it("refuses what byname refuses", () => {
    expect(() => settingFor({}, { BYNAME_SOURCES: "dsn" }, directory)).toThrow(ConfigError);
    expect(() => settingFor({ endpoint: "nowhere" }, {}, directory)).toThrow(ConfigError);
    expect(() => settingFor({ config: "missing.json" }, {}, directory)).toThrow(/a file that exists/);
  });
});
