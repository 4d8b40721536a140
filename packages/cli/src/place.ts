import type { Env, Setting } from "./setting.ts";

/** Place: where in AWS this process runs, as its environment and its metadata endpoint tell. */
export interface Place {
  readonly kind: "ecs" | "lambda" | "host";
  readonly region?: string;
  /** By name, such as `eu-west-1a`. */
  readonly zone?: string;
  /** By id, such as `euw1-az3`. */
  readonly zoneId?: string;
  /** The ECS service that the task belongs to; a standalone task has none. */
  readonly ecsService?: string;
  /** Whether Service Connect's proxy runs beside the task, where the metadata tells. */
  readonly hasProxy?: boolean;
  /** Why the metadata endpoint did not tell. */
  readonly silent?: string;
}

/** Milliseconds; both metadata endpoints answer from this machine. */
const limit = 1_000;

/** Never rejects. */
export async function readPlace(env: Env): Promise<Place> {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const known = region ? { region } : {};
  if (env.AWS_LAMBDA_FUNCTION_NAME) return { kind: "lambda", ...(await ofFunction(env)), ...known };
  if (env.ECS_CONTAINER_METADATA_URI_V4) return { kind: "ecs", ...(await ofTask(env)), ...known };
  return { kind: "host", ...known };
}

/** As byname has it: what is written down, else what the task's metadata tells. */
export async function regionOf(setting: Setting, place: () => Promise<Place>): Promise<string | undefined> {
  return setting.region ?? (await place()).region;
}

interface Task {
  readonly AvailabilityZone?: string;
  readonly AvailabilityZoneID?: string;
  readonly TaskARN?: string;
  readonly ServiceName?: string;
  readonly Containers?: readonly { readonly Name?: string }[];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html */
async function ofTask(env: Env): Promise<Partial<Place>> {
  const told = await read<Task>(`${env.ECS_CONTAINER_METADATA_URI_V4}/task`);
  if (typeof told === "string") return { silent: told };
  const { AvailabilityZone, AvailabilityZoneID, TaskARN, ServiceName, Containers = [] } = told;
  return {
    ...text("zone", AvailabilityZone),
    ...text("zoneId", AvailabilityZoneID),
    ...text("region", TaskARN?.split(":")[3]),
    ...text("ecsService", ServiceName),
    hasProxy: Containers.some(({ Name }) => Name?.startsWith("ecs-service-connect-")),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html */
async function ofFunction(env: Env): Promise<Partial<Place>> {
  const { AWS_LAMBDA_METADATA_API: api, AWS_LAMBDA_METADATA_TOKEN: token } = env;
  if (!api || !token) return { silent: "this runtime has no metadata endpoint" };
  const url = `http://${api}/2026-01-15/metadata/execution-environment`;
  const told = await read<{ AvailabilityZoneID?: string }>(url, { authorization: `Bearer ${token}` });
  return typeof told === "string" ? { silent: told } : text("zoneId", told.AvailabilityZoneID);
}

function text(key: keyof Place, value: unknown): Partial<Place> {
  return typeof value === "string" && value !== "" ? { [key]: value } : {};
}

/** The answer, or why there is none. */
async function read<Answer>(url: string, headers: Record<string, string> = {}): Promise<Answer | string> {
  try {
    const response = await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(limit) });
    if (response.ok) return (await response.json()) as Answer;
    await response.body?.cancel();
    return `it answers with status ${response.status}`;
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } };
    return name === "TimeoutError" ? `no answer within ${limit} ms` : (cause?.code ?? name);
  }
}
