import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Fault } from "../fault.ts";
import { type Active, Faults } from "../faults.ts";
import { httpListener } from "../listener.ts";
import { after, type Part, RequestLog } from "../part.ts";
import { newTaskId } from "../registry/ids.ts";
import { wholeNumber } from "../wrong.ts";
import { containerBody, newProxyContainer, type Task, taskBody } from "./task.ts";
import { firstZone, zoneIdOf } from "./zones.ts";

/** Metadata: the endpoints by which a task of ECS and a Lambda function learn where they run. */
export interface Metadata extends Part<MetadataRequest> {
  /** `host:port`. */
  readonly address: string;
}

/** A request for metadata. */
export interface MetadataRequest {
  readonly path: string;
}

/** What a task or a function is to be told. */
export interface NewTask {
  /** The ECS service it belongs to, or the function's name. */
  readonly service?: string;
  /**
   * The zone's name.
   * @default the region's first
   */
  readonly zone?: string;
  /** @default one that fits the zone's name */
  readonly zoneId?: string;
}

/** The part with what only `startLocal` needs of it. */
export interface ManagedMetadata extends Metadata {
  /** Begins a task and gives what its ECS_CONTAINER_METADATA_URI_V4 is. */
  addTask(task: NewTask, isInMesh: boolean): string;
  /** Begins a function's environment and gives what its AWS_LAMBDA_METADATA_TOKEN is. */
  addFunction(task: NewTask): string;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html */
const functionPath = "/2026-01-15/metadata/execution-environment";

export async function startMetadata(account: string, region: string): Promise<ManagedMetadata> {
  const log = new RequestLog<MetadataRequest>();
  const known: Known = { tasks: new Map(), functions: new Map() };
  const faults = new Faults({
    part: "metadata",
    effects: ["drop", "error", "throttle", "empty", "half"],
    scopes: [],
    checkError: (error) => wholeNumber("metadata.fault.error", error, 400, 599),
    knows: () => false,
  });
  const listener = httpListener("127.0.0.1", 0, (request, response) => {
    log.add({ path: request.url! });
    void answer(known, faults.meet(), request, response);
  });
  await listener.open();
  const address = `127.0.0.1:${listener.port}`;
  return {
    address,
    requests: log.entries,
    forget: () => log.forget(),
    start: () => listener.open(),
    stop: () => listener.close(),
    fault: (fault: Fault) => faults.begin(fault),
    mend: () => faults.mend(),
    addTask(task, isInMesh) {
      const id = newTaskId();
      known.tasks.set(id, {
        ...{ id, account, region, startedAt: Date.now() },
        ...placed(task, region),
        ...(task.service !== undefined && { service: task.service }),
        ...(isInMesh && { proxyContainer: newProxyContainer() }),
      });
      return `http://${address}/v4/${id}`;
    },
    addFunction(task) {
      const token = randomUUID();
      known.functions.set(token, placed(task, region).zoneId);
      return token;
    },
  };
}

interface Known {
  /** By id. */
  readonly tasks: Map<string, Task>;
  /** Zone ids, by token. */
  readonly functions: Map<string, string>;
}

function placed(task: NewTask, region: string): { zone: string; zoneId: string } {
  const { zone = firstZone(region) } = task;
  return { zone, zoneId: task.zoneId ?? zoneIdOf(zone, region) };
}

async function answer(
  known: Known,
  active: Active<never> | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { delay, drop, error, throttle, empty, half } = active?.fault ?? {};
  if (delay) await after(delay);
  if (drop) return;
  const { status, body } = found(known, request);
  if (throttle) send(response, 429, {});
  else if (error !== undefined) send(response, Number(error), {});
  else if (half) sendHalf(response, status, body);
  else send(response, status, empty ? {} : body);
}

function found(known: Known, request: IncomingMessage): { status: number; body: object } {
  const path = request.url!.split("?")[0]!;
  if (request.method !== "GET") return { status: 405, body: {} };
  if (path === functionPath) return ofFunction(known, request);
  const [, id, rest] = /^\/v4\/([0-9a-f]{32})(\/task)?$/.exec(path) ?? [];
  const task = id === undefined ? undefined : known.tasks.get(id);
  if (!task) return { status: 404, body: { message: `nothing at ${path}` } };
  return { status: 200, body: rest === undefined ? containerBody(task) : taskBody(task) };
}

function ofFunction(known: Known, request: IncomingMessage): { status: number; body: object } {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const zoneId = token === undefined ? undefined : known.functions.get(token);
  if (zoneId === undefined) return { status: 401, body: { message: "no such token" } };
  return { status: 200, body: { AvailabilityZoneID: zoneId } };
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** Promises the whole answer, sends half of it and cuts the connection. */
function sendHalf(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}
