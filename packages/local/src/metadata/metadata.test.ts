import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Local, startLocal } from "../local.ts";
import { zoneIdOf } from "./zones.ts";

/** The metadata endpoints, asked by fetch. */
/** For what a busy machine takes its time for. */
const patience = { timeout: 10_000 };
let local: Local;

beforeEach(async () => {
  local = await startLocal({ services: { orders: {} } });
});

afterEach(() => local.close());

const taskUrl = (task?: Parameters<Local["env"]>[1]) => local.env("ecs", task).ECS_CONTAINER_METADATA_URI_V4!;
const get = async (url: string): Promise<unknown> => (await fetch(url)).json();

function askFunction(token: string): Promise<Response> {
  const url = `http://${local.metadata.address}/2026-01-15/metadata/execution-environment`;
  return fetch(url, { headers: { authorization: `Bearer ${token}` } });
}

describe("a task of ECS", () => {
  it("learns its zone, its service and its ARN", async () => {
    const url = taskUrl({ service: "web", zone: "eu-west-1b", zoneId: "euw1-az3" });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v4\/[0-9a-f]{32}$/);
    const id = url.slice(-32);
    expect(await get(`${url}/task`)).toMatchObject({
      Cluster: "arn:aws:ecs:eu-west-1:111122223333:cluster/local",
      TaskARN: `arn:aws:ecs:eu-west-1:111122223333:task/local/${id}`,
      Family: "web",
      Revision: "1",
      ServiceName: "web",
      DesiredStatus: "RUNNING",
      KnownStatus: "RUNNING",
      LaunchType: "FARGATE",
      AvailabilityZone: "eu-west-1b",
      AvailabilityZoneID: "euw1-az3",
      Containers: [
        {
          Name: "app",
          Type: "NORMAL",
          Networks: [{ NetworkMode: "awsvpc", IPv4Addresses: ["127.0.0.1"] }],
        },
      ],
    });
  });

  it("learns of its own container", async () => {
    const url = taskUrl();
    expect(await get(url)).toMatchObject({
      Name: "app",
      ContainerARN: expect.stringContaining(`:container/local/${url.slice(-32)}/`),
      Labels: { "com.amazonaws.ecs.container-name": "app" },
    });
  });

  it("has no service name where it was run alone, and the region's first zone where none was said", async () => {
    const task = await get(`${taskUrl()}/task`);
    expect(task).not.toHaveProperty("ServiceName");
    expect(task).toMatchObject({ AvailabilityZone: "eu-west-1a", AvailabilityZoneID: "euw1-az1" });
  });

  it("has a second container, without a network, where Service Connect runs in it", async () => {
    await local.addService("users", { serviceConnect: { port: 20_080 } });
    await local.deploy();
    const { Containers } = (await get(`${taskUrl()}/task`)) as { Containers: object[] };
    expect(Containers).toHaveLength(2);
    expect(Containers[1]).toMatchObject({ Name: expect.stringMatching(/^ecs-service-connect-[a-z0-9]{5}$/) });
    expect(Containers[1]).not.toHaveProperty("Networks");
  });

  it("is one of its own with every environment", async () => {
    const [one, two] = [taskUrl({ zone: "eu-west-1a" }), taskUrl({ zone: "eu-west-1c" })];
    expect(await get(`${one}/task`)).toMatchObject({ AvailabilityZone: "eu-west-1a" });
    expect(await get(`${two}/task`)).toMatchObject({ AvailabilityZone: "eu-west-1c" });
  });

  it("finds nothing at other ids and paths", async () => {
    const url = taskUrl();
    for (const wrong of [
      `${url.slice(0, -32)}${"0".repeat(32)}/task`,
      `${url}/else`,
      new URL("/", url).href,
    ]) {
      expect((await fetch(wrong)).status).toBe(404);
    }
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
  });
});

describe("a Lambda function", () => {
  it("learns its zone's id with its token", async () => {
    const env = local.env("lambda", { service: "checkout", zoneId: "euw1-az2" });
    expect(env).toMatchObject({
      AWS_LAMBDA_FUNCTION_NAME: "checkout",
      AWS_LAMBDA_METADATA_API: local.metadata.address,
    });
    const response = await askFunction(env.AWS_LAMBDA_METADATA_TOKEN!);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ AvailabilityZoneID: "euw1-az2" });
  });

  it("learns nothing with another token or none", async () => {
    local.env("lambda");
    expect((await askFunction("guessed")).status).toBe(401);
    const url = `http://${local.metadata.address}/2026-01-15/metadata/execution-environment`;
    expect((await fetch(url)).status).toBe(401);
  });

  it("leaves no token in what the part remembers", async () => {
    const token = local.env("lambda").AWS_LAMBDA_METADATA_TOKEN!;
    await askFunction(token);
    expect(local.metadata.requests).toEqual([{ path: "/2026-01-15/metadata/execution-environment" }]);
  });
});

describe("zones", () => {
  it.each([
    ["eu-west-1", "eu-west-1a", "euw1-az1"],
    ["us-east-1", "us-east-1c", "use1-az3"],
    ["ap-southeast-2", "ap-southeast-2b", "apse2-az2"],
    ["us-gov-west-1", "us-gov-west-1a", "usgw1-az1"],
  ])("in %s, %s may be %s", (region, zone, id) => {
    expect(zoneIdOf(zone, region)).toBe(id);
  });
});

describe("faults", () => {
  it("drop: takes the request and never answers", async () => {
    using fault = local.metadata.fault({ drop: true });
    const over = new AbortController();
    const call = fetch(taskUrl(), { signal: over.signal });
    call.catch(() => {});
    await expect.poll(() => fault.hits, patience).toBe(1);
    over.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });

  it("error: answers this status, once where it is for one time", async () => {
    using fault = local.metadata.fault({ error: 500, times: 1 });
    expect((await fetch(taskUrl())).status).toBe(500);
    expect((await fetch(taskUrl())).status).toBe(200);
    expect(fault.hits).toBe(1);
  });

  it("throttle: answers 429", async () => {
    using _fault = local.metadata.fault({ throttle: true });
    expect((await fetch(taskUrl())).status).toBe(429);
  });

  it("empty: answers well, with nothing in it", async () => {
    using _fault = local.metadata.fault({ empty: true });
    expect(await get(`${taskUrl()}/task`)).toEqual({});
  });

  it("half: breaks the connection in the middle of the answer", async () => {
    using _fault = local.metadata.fault({ half: true });
    const response = await fetch(`${taskUrl()}/task`);
    await expect(response.text()).rejects.toThrow();
  });

  it("delay: answers later, and well", async () => {
    using _fault = local.metadata.fault({ delay: 100 });
    const startedAt = performance.now();
    expect((await fetch(taskUrl())).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });

  it("refuses what has no meaning here", () => {
    const begin = (fault: object) => () => local.metadata.fault(fault);
    expect(begin({ address: "127.0.0.1" })).toThrow(/metadata\.fault\.address/);
    expect(begin({ drop: true, service: "orders" })).toThrow(/metadata\.fault\.service/);
    expect(begin({ error: "reset" })).toThrow(/a whole number from 400 to 599/);
  });
});

it("is gone while stopped, and back in the same place", async () => {
  const url = taskUrl();
  await local.metadata.stop();
  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
  await local.metadata.start();
  expect((await fetch(url)).status).toBe(200);
});
