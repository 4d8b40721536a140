import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import { detectRuntime } from "./runtime.ts";

/** Placement: where in AWS this process runs, as the metadata endpoint of its runtime tells. */
export interface Placement {
  /** The zone's name, such as `eu-west-1a`: a different zone in each account. */
  readonly zone?: string;
  /** The zone's id, such as `euw1-az3`: the same zone for everybody. */
  readonly zoneId?: string;
  readonly region?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

interface MetadataOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Asks once and never throws: `undefined` where there is no metadata endpoint or it does not answer as it should.
 * The answer holds for as long as the process lives, so the caller keeps it.
 */
export async function readPlacement(env: Env, options: MetadataOptions): Promise<Placement | undefined> {
  const { kind } = detectRuntime(env);
  if (kind === "host") return undefined;
  try {
    return kind === "ecs" ? await ofTask(env, options) : await ofFunction(env, options);
  } catch {
    return undefined;
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html */
async function ofTask(env: Env, options: MetadataOptions): Promise<Placement> {
  const task = await get(`${env.ECS_CONTAINER_METADATA_URI_V4}/task`, {}, options);
  return placement(task.AvailabilityZone, task.AvailabilityZoneID, String(task.TaskARN).split(":")[3]);
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html: it knows the zone's id only. */
async function ofFunction(env: Env, options: MetadataOptions): Promise<Placement | undefined> {
  const { AWS_LAMBDA_METADATA_API: api, AWS_LAMBDA_METADATA_TOKEN: token } = env;
  if (!api || !token) return undefined;
  const url = `http://${api}/2026-01-15/metadata/execution-environment`;
  const told = await get(url, { authorization: `Bearer ${token}` }, options);
  return placement(undefined, told.AvailabilityZoneID, detectRuntime(env).region);
}

function placement(zone: unknown, zoneId: unknown, region: unknown): Placement {
  return { ...named("zone", zone), ...named("zoneId", zoneId), ...named("region", region) };
}

/** Zones and regions are short names of letters, digits and "-"; whatever else came is left out. */
function named(key: keyof Placement, value: unknown): Placement {
  return typeof value === "string" && /^[a-z][a-z0-9-]{1,40}$/.test(value) ? { [key]: value } : {};
}

async function get(
  url: string,
  headers: Readonly<Record<string, string>>,
  { clock, signal }: MetadataOptions,
): Promise<Record<string, unknown>> {
  if (new URL(url).protocol !== "http:") throw new Error("not an http URL");
  const over = new AbortController();
  const cancel = clock.after(defaults.metadataTimeout, () => over.abort());
  try {
    const until = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    return JSON.parse(await body(url, headers, until));
  } finally {
    cancel();
  }
}

function body(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // By `getBuiltinModule`, since importing node:http costs 15 ms. No agent: an HTTP proxy of the environment is not
  // to see a token, and one question needs no kept-alive socket.
  const request = process
    .getBuiltinModule("node:http")
    .get(url, { headers, signal, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > defaults.metadataSize) response.destroy(new Error("too long"));
      });
      response.on("error", reject);
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error("no 200"))));
    });
  request.on("error", reject);
  return promise;
}
